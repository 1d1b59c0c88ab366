import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { formatIso, parseIso } from "../../src/main/engine/iso.ts";
import {
  add,
  httpDate,
  instant,
  isoMicros,
  type Moment,
  microsOfSeconds,
  moment,
  subtract,
  wholeSeconds,
} from "../../src/main/engine/time.ts";
import { djangoPython } from "../django/python.ts";
import { errorOf } from "./golden.ts";

/** Runs a Python expression over each of `inputs` (as `x`), with datetime's names in reach; null where it raises. */
function python(expression: string, inputs: readonly unknown[]): unknown[] {
  const script = `
import json, sys
from datetime import *
from zoneinfo import ZoneInfo
from django.utils.http import http_date
def run(x):
    try: return ${expression}
    except (ValueError, OverflowError, TypeError): return None
print(json.dumps([run(x) for x in json.load(sys.stdin)]))`;
  const done = spawnSync(djangoPython().python, ["-c", script], {
    input: JSON.stringify(inputs),
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

test("instants as text", () => {
  expect(isoMicros(1700000000250000n)).toBe("2023-11-14T22:13:20.250000Z");
  expect(isoMicros(-1n)).toBe("1969-12-31T23:59:59.999999Z");
  expect(isoMicros(253402300799999999n)).toBe("9999-12-31T23:59:59.999999Z");
});

const texts = (): string[] => {
  const dates = [
    "2023-11-14",
    "20231114",
    "2023-W46-2",
    "2023W462",
    "2023-W46",
    "2023W46",
    "2020-W53-7",
    "2023-W53-1",
    "2023-02-29",
    "2024-02-29",
    "0001-01-01",
    "2023-13-01",
    "2023-1-1",
  ];
  const separators = ["T", " ", "t", "é", "🕐", ""];
  const times = [
    "22",
    "22:13",
    "22:13:20",
    "22:13:20.25",
    "22:13:20,250000",
    "22:13:20.1234567",
    "2213",
    "221320",
    "221320.5",
    "22:1320",
    "24:00",
    "22:60",
    "22:13:20.",
    "22:13:20,",
    "22:13:",
    "22:",
    "",
  ];
  const zones = [
    "",
    "Z",
    "z",
    "+00:00",
    "-05:00",
    "+05:30",
    "+0530",
    "+05",
    "-00:00:30",
    "+05:30:15.123456",
    "+24:00",
    "+",
  ];
  // A week without its day runs into a time that no separator keeps apart; nobody writes that.
  const sane = (text: string): boolean => !text.startsWith("2023W4622");
  return [
    ...dates,
    ...dates.flatMap((date) =>
      separators.flatMap((s) =>
        times.flatMap((time) => zones.map((zone) => date + s + time + zone)),
      ),
    ),
    "",
    "tomorrow",
    "2023-11-1x",
    "2023-11-14T22:13:20+0",
  ].filter(sane);
};

test("datetime.fromisoformat reads and refuses what Python's does", () => {
  const all = texts();
  const expected = python("datetime.fromisoformat(x).isoformat()", all);
  const version = python("__import__('sys').version_info[1]", [0])[0] as number;
  const rule = version >= 11 ? "3.11" : "3.7";
  const wrong = all.filter((text, index) => {
    const read = (() => {
      try {
        return formatIso(parseIso(text, rule));
      } catch {
        return null;
      }
    })();
    return read !== expected[index];
  });
  expect(wrong).toEqual([]);
});

test.each([
  ["2023-11-14T22:13:20+00:00", true],
  ["2023-11-14 22:13:20.250", true],
  ["2023-11-14", true],
  ["2023-11-14T22:13:20Z", false],
  ["20231114T221320", false],
  ["2023-11-14T22:13:20.25", false],
])("up to Python 3.10, %s is read: %s", (text, read) => {
  expect(errorOf(() => parseIso(text, "3.7")) === undefined).toBe(read);
});

test("HTTP dates are Django's", () => {
  const seconds = [
    0, 1700000000, 1700000000.9999998, -86400.5, 253402300799, 951782400, 1709164800.5,
  ];
  expect(seconds.map(httpDate)).toEqual(python("http_date(x)", seconds));
  expect(errorOf(() => httpDate(253402300800))).toEqual({
    type: "ValueError",
    message: "year 10000 is out of range",
  });
});

test("seconds become microseconds as in timedelta(seconds=x)", () => {
  const seconds = [
    0.5e-6,
    1.5e-6,
    2.5e-6,
    -0.5e-6,
    -1.5e-6,
    1.0000005,
    1700000000.1234567,
    0.1,
    1e9 + 0.3,
    -3.7,
  ];
  expect(seconds.map((s) => Number(microsOfSeconds(s)))).toEqual(
    python("timedelta(seconds=x) // timedelta(microseconds=1)", seconds),
  );
});

describe("time zones", () => {
  const zones = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"];
  const instants = [
    1699163999, 1699164000, 1699167599, 1699167600, 1679792399, 1679792400, 1710053999, 1710054000,
    0, -2208988800,
  ];

  test("now in naive mode is the wall clock of TIME_ZONE", () => {
    for (const TIME_ZONE of zones)
      expect(
        instants.map((s) => formatIso(moment(BigInt(s) * 1000000n, { USE_TZ: false, TIME_ZONE }))),
      ).toEqual(
        python(
          `datetime.fromtimestamp(x, ZoneInfo("${TIME_ZONE}")).replace(tzinfo=None).isoformat()`,
          instants,
        ),
      );
  });

  test("a naive moment is the first of two, and goes forward in the gap", () => {
    const walls = [
      "2023-11-05T01:30:00",
      "2023-03-12T02:30:00",
      "2023-10-29T02:30:00",
      "2023-03-26T02:30:00",
      "2023-07-01T12:00:00.250000",
      "1969-12-31T23:59:59.999999",
    ];
    for (const zone of zones)
      expect(walls.map((text) => isoMicros(instant(parseIso(text), zone)))).toEqual(
        python(
          `datetime.fromisoformat(x).replace(tzinfo=ZoneInfo("${zone}")).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")`,
          walls,
        ),
      );
  });
});

test("arithmetic keeps to Python's rules", () => {
  const naive = parseIso("2023-11-14T22:13:20");
  const aware = parseIso("2023-11-14T22:13:20-05:00");
  const later: Moment = parseIso("2023-11-14T22:13:19.5+00:00");
  expect(wholeSeconds(subtract(later, aware))).toBe(-18001);
  expect(errorOf(() => subtract(naive, aware))?.type).toBe("TypeError");
  expect(errorOf(() => add(naive, 10n ** 18n))).toEqual({
    type: "OverflowError",
    message: "date value out of range",
  });
  expect(errorOf(() => add(naive, 10n ** 30n))?.type).toBe("OverflowError");
});
