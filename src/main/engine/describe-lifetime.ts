/**
 * Why a session lives or dies, in one sentence that names what decides it. What decides depends on where it
 * is stored:
 *
 *     db, cached_db     the row's expire_date; at exactly that moment it is over
 *     cache             the cache's own timeout
 *     file              a `_session_expiry` in the file, else its modification time + SESSION_COOKIE_AGE;
 *                       a positive number of seconds is never reached, because Django measures it from now
 *     signed_cookies    the signature's time + SESSION_COOKIE_AGE, whatever set_expiry() said
 */
import { isDict, type PyDict, PyFloat, type PyValue } from "../python/value.ts";
import { PythonError } from "./errors.ts";
import {
  EXPIRY_KEY,
  type ExpirySettings,
  getExpireAtBrowserClose,
  getExpiryDate,
  isFalsy,
} from "./lifetime.ts";
import type { DjangoVersion } from "./settings.ts";
import { civil, instant, isoMicros, type Micros, SECOND } from "./time.ts";

export type StoreKind = "db" | "file" | "cache" | "signed_cookies";

export type LifetimeFacts = {
  /** As decoded; undefined where it cannot be. */
  readonly value: PyValue | undefined;
  /** The store's own expiry; null where it has none. */
  readonly expires: Micros | null;
  /** The signature's time, for a file its modification time; null where neither is known. */
  readonly savedAt: Micros | null;
  readonly settings: ExpirySettings;
  readonly storeKind: StoreKind;
  readonly now: Micros;
  readonly version?: DjangoVersion | undefined;
};

export type Lifetime = {
  /** "browser": alive on the server, and the cookie ends with the browser. */
  readonly state: "active" | "expired" | "browser";
  readonly reason: string;
  /** When the server lets go of it; null: never. */
  readonly expiresIso: string | null;
  /** When this lifetime began: the last save. */
  readonly bornIso?: string;
};

/** State, end and reason of a stored session. Never throws for what a session holds. */
export function describeLifetime(facts: LifetimeFacts): Lifetime {
  const { now, settings, savedAt } = facts;
  const data: PyDict = isDict(facts.value) ? facts.value : new Map();
  const end = serverEnd(facts, data);
  const expired = end.dead || (end.at !== null && end.at <= now);
  const browser = !expired && getExpireAtBrowserClose(data, settings);
  const born =
    savedAt ??
    (end.slides && end.at !== null ? end.at - seconds(settings.SESSION_COOKIE_AGE) : null);
  const lead = expired
    ? end.at === null || end.dead
      ? "Expired"
      : `Expired ${duration(now - end.at)} ago`
    : browser
      ? "Ends with the browser"
      : end.at === null
        ? "Active, without an end on the server"
        : `Active. Expires in ${duration(end.at - now)}`;
  return {
    state: expired ? "expired" : browser ? "browser" : "active",
    reason: `${lead}: ${browser ? browserReason(data, end, now) : end.why}`,
    expiresIso: end.at === null ? null : isoMicros(end.at),
    ...(born === null ? {} : { bornIso: isoMicros(born) }),
  };
}

/** `slides`: a default-age end, which says when it was saved. `dead`: over whatever `at` says. */
type End = { at: Micros | null; why: string; slides: boolean; dead?: boolean };

const seconds = (count: number): Micros => BigInt(Math.round(count * 1e6));

function serverEnd(facts: LifetimeFacts, data: PyDict): End {
  const { settings, savedAt, storeKind } = facts;
  const custom = data.get(EXPIRY_KEY) ?? null;
  const age = settings.SESSION_COOKIE_AGE;
  const sliding = `SESSION_COOKIE_AGE of ${span(age)} after it was last saved${on(savedAt)}.`;
  const plain = isFalsy(custom);
  if (storeKind === "signed_cookies") {
    const at = savedAt === null ? null : savedAt + seconds(age);
    const ignored = plain ? "" : " The server does not look at set_expiry() here.";
    return {
      at,
      why: `SESSION_COOKIE_AGE of ${span(age)} after it was signed${on(savedAt)}.${ignored}`,
      slides: true,
    };
  }
  if (storeKind === "file") return fileEnd(facts, data, custom, sliding);
  const at = facts.expires;
  if (at === null) return { at, why: "the store holds no expiry for it.", slides: false };
  if (!isDict(facts.value))
    return {
      at,
      why: `the store's own expiry, ${date(at)}; the value cannot be read.`,
      slides: false,
    };
  if (plain) {
    const off = savedAt === null ? 0n : at - savedAt - seconds(age);
    // Signing times are cut to the second, and saving takes a moment.
    if (off > -2n * SECOND && off < 60n * SECOND) return { at, why: sliding, slides: true };
    return {
      at,
      why: `the expiry stored with it, ${date(at)}, which is not SESSION_COOKIE_AGE (${span(age)}) after its last save${on(savedAt)}.`,
      slides: false,
    };
  }
  const length = numeric(custom);
  if (length !== null)
    return {
      at,
      why: `set_expiry(${number(length)}): ${span(length)} after it was last saved${on(savedAt)}.`,
      slides: false,
    };
  return { at, why: statedReason(facts, data), slides: false };
}

/** Django's load() of a file: limit = _session_expiry or (modification time + age); over when get_expiry_age(limit) <= 0. */
function fileEnd(facts: LifetimeFacts, data: PyDict, custom: PyValue, sliding: string): End {
  const { settings, savedAt } = facts;
  if (isFalsy(custom)) {
    const at = savedAt === null ? facts.expires : savedAt + seconds(settings.SESSION_COOKIE_AGE);
    return { at, why: sliding, slides: true };
  }
  const length = numeric(custom);
  if (length === null) {
    const at = statedEnd(facts, data);
    return { at, why: statedReason(facts, data), slides: false };
  }
  if (length <= 0)
    return {
      at: savedAt,
      why: `set_expiry(${number(length)}) lies before its save.`,
      slides: false,
      dead: true,
    };
  return {
    at: null,
    why: `set_expiry(${number(length)}) in a session file counts from the moment it is read, so its ${span(length)} never pass and clearsessions keeps it.`,
    slides: false,
  };
}

/** The moment a stored date names, or null where it names none. */
function statedEnd(facts: LifetimeFacts, data: PyDict): Micros | null {
  try {
    const rules = { settings: facts.settings, version: facts.version ?? "5.2", now: facts.now };
    return instant(getExpiryDate(data, rules), facts.settings.TIME_ZONE);
  } catch (error) {
    if (error instanceof PythonError) return null;
    throw error;
  }
}

function statedReason(facts: LifetimeFacts, data: PyDict): string {
  const at = statedEnd(facts, data);
  return at === null
    ? "its _session_expiry is no expiry, and Django fails when it uses it."
    : `set_expiry() fixed the end at ${date(at)}; saving does not move it.`;
}

function browserReason(data: PyDict, end: End, now: Micros): string {
  const cause =
    (data.get(EXPIRY_KEY) ?? null) === null ? "SESSION_EXPIRE_AT_BROWSER_CLOSE" : "set_expiry(0)";
  if (end.at === null) return `${cause} gives the cookie no end, and the store none either.`;
  return `${cause} gives the cookie no end. What is stored lives ${duration(end.at - now)} more: ${end.why}`;
}

/** A number of seconds, or null for what is none. True is one. */
function numeric(value: PyValue): number | null {
  if (value instanceof PyFloat) return value.value;
  if (value === true) return 1;
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : null;
}

const number = (value: number): string =>
  Math.abs(value) < 1e15 ? String(value) : value.toExponential(2);

const units = [
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A length in the largest unit that divides it: "2 weeks", "90 seconds". */
function span(length: number): string {
  const [name, size] =
    units.find(([, unit]) => length !== 0 && length % unit === 0) ?? (["second", 1] as const);
  const count = length / size;
  return `${number(count)} ${name}${count === 1 ? "" : "s"}`;
}

/** "3 d 4 h": the two largest units that are not zero. */
export function duration(length: Micros): string {
  const total = Number(length / SECOND);
  const parts = [
    [Math.floor(total / 86400), "d"],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "less than 1 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "9 Nov 2026 at 14:51 UTC". */
function date(at: Micros): string {
  const c = civil(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${c.day} ${MONTHS[c.month - 1]} ${c.year} at ${two(c.hour)}:${two(c.minute)} UTC`;
}

const on = (at: Micros | null): string => (at === null ? "" : ` on ${date(at)}`);
