import { describe, expect, test } from "vitest";
import { formatIso, parseIso } from "../../src/main/engine/iso.ts";
import {
  getExpireAtBrowserClose,
  getExpiryAge,
  getExpiryDate,
} from "../../src/main/engine/lifetime.ts";
import { resolveSettings } from "../../src/main/engine/settings.ts";
import { type Moment, moment } from "../../src/main/engine/time.ts";
import {
  PyDate,
  PyDatetime,
  type PyDict,
  PyFloat,
  PyTimedelta,
  type PyValue,
} from "../../src/main/python/value.ts";
import { golden, micros } from "./golden.ts";

type Vector = {
  settings: { USE_TZ: boolean; TIME_ZONE: string };
  now: number;
  expiry_name?: string;
  expiry?: unknown;
  name?: string;
  set_expiry?: unknown;
  stored?: unknown;
  has_key?: boolean;
  get_expiry_age: unknown;
  get_expiry_date: unknown;
  get_expire_at_browser_close?: boolean;
  "get_expiry_age(modification=2023-11-14T22:00)"?: unknown;
  "get_expiry_date(modification=2023-11-14T22:00)"?: unknown;
};

/** A value as the vectors write it; `$py` is the source of a datetime or a timedelta. */
function fromVector(value: unknown, isFloat: boolean): PyValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return isFloat ? new PyFloat(value) : value;
  if (Array.isArray(value)) return value.map((item) => fromVector(item, false));
  const tagged = value as Record<string, string>;
  if (tagged["$datetime"] !== undefined) return new PyDatetime(tagged["$datetime"]);
  if (tagged["$repr"] === "datetime.date(2023, 11, 15)") return new PyDate("2023-11-15");
  const source = tagged["$py"] ?? "";
  if (source === "datetime.timedelta(hours=1)") return new PyTimedelta(0, 3600, 0);
  const [, fields, zone] = /^datetime\.datetime\(([0-9,]+)(.*)\)$/.exec(source) ?? [];
  if (fields === undefined) throw new Error(`no such value: ${JSON.stringify(value)}`);
  const [y, mo, d, h, mi, s] = fields
    .split(",")
    .filter(Boolean)
    .map((n) => n.padStart(2, "0"));
  const offset = zone?.includes("UTC") ? "+00:00" : zone?.includes("hours=5") ? "+05:30" : "";
  return new PyDatetime(`${y}-${mo}-${d}T${h}:${mi}:${s}${offset}`);
}

/** The outcome of a call in the shape of the vectors. */
function outcome(call: () => PyValue | Moment): unknown {
  try {
    const value = call();
    if (value instanceof PyFloat) return value.value;
    if (value instanceof PyTimedelta) return { $timedelta: value.days * 86400 + value.seconds };
    if (value instanceof PyDate) return { $repr: "datetime.date(2023, 11, 15)" };
    if (value !== null && typeof value === "object" && "wall" in value)
      return { $datetime: formatIso(value) };
    return value;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: { type: error.name, message: error.message } };
  }
}

describe.each([
  ["5.2", "5.2"],
  ["3.2", "3.2"],
] as const)("expiry as Django %s computes it", (file, version) => {
  const vectors = golden<{ expiry: Vector[] }>(file).expiry;

  test.each(vectors.filter((v) => v.expiry_name !== undefined))(
    "$expiry_name, $settings.USE_TZ, $settings.TIME_ZONE, $now",
    (v) => {
      const expiry = fromVector(v.expiry, v.expiry_name?.startsWith("float") ?? false);
      const settings = resolveSettings(v.settings, version);
      const rules = { settings, version, now: micros(v.now), expiry };
      expect(outcome(() => getExpiryAge(new Map(), rules))).toEqual(v.get_expiry_age);
      expect(outcome(() => getExpiryDate(new Map(), rules))).toEqual(v.get_expiry_date);
    },
  );

  test.each(vectors.filter((v) => v.name !== undefined))(
    "stored: $name, $settings.USE_TZ, $settings.TIME_ZONE, $now",
    (v) => {
      const data: PyDict = new Map();
      if (v.has_key) data.set("_session_expiry", fromVector(v.stored, v.name === "float"));
      const settings = resolveSettings(v.settings, version);
      const rules = { settings, version, now: micros(v.now) };
      expect(outcome(() => getExpiryAge(data, rules))).toEqual(v.get_expiry_age);
      expect(outcome(() => getExpiryDate(data, rules))).toEqual(v.get_expiry_date);
      expect(getExpireAtBrowserClose(data, settings)).toBe(v.get_expire_at_browser_close);
      const at = parseIso("2023-11-14T22:00:00");
      const modification = v.settings.USE_TZ ? { ...at, offset: 0n } : at;
      const earlier = { ...rules, modification };
      expect(outcome(() => getExpiryAge(data, earlier))).toEqual(
        v["get_expiry_age(modification=2023-11-14T22:00)"],
      );
      expect(outcome(() => getExpiryDate(data, earlier))).toEqual(
        v["get_expiry_date(modification=2023-11-14T22:00)"],
      );
    },
  );
});

test("the setting decides where nothing is stored", () => {
  const settings = resolveSettings({ SESSION_EXPIRE_AT_BROWSER_CLOSE: true });
  expect(getExpireAtBrowserClose(new Map(), settings)).toBe(true);
  expect(getExpireAtBrowserClose(new Map([["_session_expiry", 300]]), settings)).toBe(false);
});

test("now is naive local time without USE_TZ", () => {
  const zone = { USE_TZ: false, TIME_ZONE: "America/New_York" };
  expect(formatIso(moment(1700000000_250000n, zone))).toBe("2023-11-14T17:13:20.250000");
});
