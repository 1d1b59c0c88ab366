/** The sentence that says why a session lives, how long, and what decided it. */
import type { StoreKind } from "../../shared/connection.ts";
import type { Lifetime, SessionRow } from "../../shared/session.ts";
import { EXPIRY_KEY, isFalsy } from "../engine/lifetime.ts";
import { pyRepr } from "../python/repr.ts";
import { PyDatetime, type PyDict, PyFloat, type PyValue } from "../python/value.ts";
import { distanceText, lengthText, momentText } from "./inspect-words.ts";
import type { RowRules } from "./row.ts";

/** Seconds the stored date may be off what the rule gives: the signature holds whole seconds, files round down. */
const SLACK = 2;

/** `dict` is null where the value cannot be read. */
export function lifetimeOf(
  row: SessionRow,
  dict: PyDict | null,
  rules: RowRules,
  kind: StoreKind,
): Lifetime {
  const { state, expires, savedAt } = row;
  if (kind === "cache" && expires === null && state === "active")
    return { state, savedAt, expires, reason: endless };
  const why = dict ? rule(row, dict.get(EXPIRY_KEY) ?? null, rules, kind) : unread(kind);
  return { state, savedAt, expires, reason: `${opening(row, rules)}${why}` };
}

const endless =
  "Active, without an end: the cache was given no expiry with it. Django gives one at its next save.";

function opening({ state, expires }: SessionRow, { now }: RowRules): string {
  if (expires === null)
    return state === "browser" ? "Browser-length. " : "Active, without an end. ";
  const distance = distanceText(Math.abs(Date.parse(expires) - Date.parse(now)));
  if (state === "expired") return `Expired ${distance} ago, on ${momentText(expires)}. `;
  return state === "browser"
    ? `Browser-length: the cookie ends with the browser, what is stored in ${distance}. `
    : `Active. Expires in ${distance}, on ${momentText(expires)}. `;
}

const unread = (kind: StoreKind): string =>
  kind === "file"
    ? "The value cannot be read, so the file's time and SESSION_COOKIE_AGE decide."
    : "The value cannot be read; the date is the store's.";

function rule(row: SessionRow, expiry: PyValue, rules: RowRules, kind: StoreKind): string {
  const age = rules.settings.SESSION_COOKIE_AGE ?? 1_209_600;
  const saved = row.savedAt ? ` it was last saved on ${momentText(row.savedAt)}` : " its last save";
  if (typeof expiry === "string" || expiry instanceof PyDatetime) {
    if (expiry === "")
      return `_session_expiry is an empty text; SESSION_COOKIE_AGE of ${lengthText(age)} counts.`;
    const text = typeof expiry === "string" ? expiry : expiry.iso;
    return `set_expiry fixed the end at ${text.slice(0, 40)}; saving does not move it.`;
  }
  const seconds = secondsOf(expiry);
  if (seconds !== null && seconds !== 0) {
    if (kind === "file")
      return seconds > 0
        ? `set_expiry(${pyRepr(expiry, 40)}) is counted anew at every read by Django's file engine, so the file never expires and clearsessions leaves it.`
        : `set_expiry(${pyRepr(expiry, 40)}) is over at once.`;
    return `set_expiry(${pyRepr(expiry, 40)}): ${lengthText(Math.abs(seconds))} ${seconds < 0 ? "before" : "after"}${saved}.${differs(row, seconds)}`;
  }
  if (expiry !== null && seconds === null && !isFalsy(expiry))
    return `_session_expiry holds ${pyRepr(expiry, 60)}, which is no expiry; Django fails when it saves this session.`;
  const byBrowser =
    seconds === 0
      ? "set_expiry(0) was called"
      : row.state === "browser"
        ? "SESSION_EXPIRE_AT_BROWSER_CLOSE is on"
        : null;
  const lives = `SESSION_COOKIE_AGE of ${lengthText(age)} after${saved}`;
  return byBrowser
    ? `${byBrowser}; what is stored lives for ${lives}.${differs(row, age)}`
    : `${lives}.${differs(row, age)}`;
}

/** 0 for False and 0.0 as Django compares; null for what is no number. */
function secondsOf(expiry: PyValue): number | null {
  if (expiry instanceof PyFloat) return expiry.value;
  if (typeof expiry === "boolean") return expiry ? 1 : 0;
  return typeof expiry === "number" || typeof expiry === "bigint" ? Number(expiry) : null;
}

/** Says so where the stored date is not what the rule gives. */
function differs({ expires, savedAt }: SessionRow, seconds: number): string {
  if (!expires || !savedAt) return "";
  const stored = (Date.parse(expires) - Date.parse(savedAt)) / 1000;
  if (Math.abs(stored - seconds) <= SLACK) return "";
  const length =
    stored >= 0 ? `${distanceText(stored * 1000)} after` : `${distanceText(-stored * 1000)} before`;
  return ` The stored date is ${length} that save instead: it was set apart from the data, or the site's settings differ from those of this connection.`;
}
