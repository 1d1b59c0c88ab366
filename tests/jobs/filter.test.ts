import { describe, expect, test } from "vitest";
import { compileFilter, type Decoded, planFilter } from "../../src/main/jobs/filter.ts";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry } from "../../src/main/stores/driver.ts";

const now = "2026-11-20T10:42:18.000000Z";
const key = "0123456789abcdefghijklmnopqrstuv";

const entry = (part: Partial<Entry> = {}): Entry => ({
  key,
  data: null,
  size: 100,
  expires: "2026-12-01T00:00:00.000000Z",
  writtenAt: null,
  token: "t",
  ...part,
});

const decoded = (part: { user?: string; state?: string; keys?: string[]; signature?: string }) =>
  ({
    user: () => part.user ?? null,
    state: () => part.state ?? "active",
    hasKey: (name: string) => part.keys?.includes(name) ?? false,
    signature: () => part.signature ?? "valid",
  }) as Decoded;

const ids = new Map([["alice", ["7"]]]);
const compile = (text: string, endless = false) => compileFilter(text, now, endless);
const range = (text: string) => compile(text).range;
const fits = (text: string, part: Parameters<typeof decoded>[0]) =>
  compile(text).session(decoded(part), ids);

describe("ranges of expiry dates", () => {
  test.each([
    ["", {}],
    ["state:expired", { to: now }],
    ["-state:expired", { from: now }],
    ["state:active state:browser", { from: now }],
    ["expires:<1h", { from: now, to: "2026-11-20T11:42:18.000000Z" }],
    ["expires:>2d", { from: "2026-11-22T10:42:18.000000Z" }],
    ["expires:>1d12h", { from: "2026-11-21T22:42:18.000000Z" }],
    ["expires:<-1d", { to: "2026-11-19T10:42:18.000000Z" }],
    ["expires:>-90m", { from: "2026-11-20T09:12:18.000000Z" }],
    [
      "expires:2026-11-13..2026-12-04",
      { from: "2026-11-13T00:00:00.000000Z", to: "2026-12-05T00:00:00.000000Z" },
    ],
    [
      "expires:2026-11-13",
      { from: "2026-11-13T00:00:00.000000Z", to: "2026-11-14T00:00:00.000000Z" },
    ],
    ["expires:2026-11-13T10:00:00+02:00..", { from: "2026-11-13T08:00:00.000000Z" }],
    ['expires:"..2026-11-13 10:00"', { to: "2026-11-13T10:00:00.000000Z" }],
    ["expires:<2026-11-13", { to: "2026-11-13T00:00:00.000000Z" }],
    ["expires:>2026-11-13", { from: "2026-11-14T00:00:00.000000Z" }],
    [
      "expires:>1d expires:<3d",
      { from: "2026-11-21T10:42:18.000000Z", to: "2026-11-23T10:42:18.000000Z" },
    ],
    ["state:expired expires:>-1h", { from: "2026-11-20T09:42:18.000000Z", to: now }],
    ["expires:>999999999w", { from: "9999-12-31T23:59:59.999999Z" }],
  ])("%s is an index range", (text, expected) => {
    const filter = compile(text);
    expect(filter.range).toEqual(expected);
    expect(filter.plan.answeredBy).toBe("index");
    expect(filter.decodes).toBe(false);
    expect(filter.plan.why).toBe("");
  });

  test("state:active narrows the range and still asks the data", () => {
    const filter = compile("state:active");
    expect(filter.range).toEqual({ from: now });
    expect(filter.plan.answeredBy).toBe("scan");
    expect(fits("state:active", { state: "active" })).toBe(true);
    expect(fits("state:active", { state: "browser" })).toBe(false);
  });

  test("where sessions may have no end, the living are not looked for by date", () => {
    expect(compile("-state:expired", true).range).toEqual({});
    expect(compile("-state:expired", true).session(decoded({ state: "expired" }), ids)).toBe(false);
    expect(compile("state:expired", true).range).toEqual({ to: now });
  });

  test("a negated range and never are asked of every entry", () => {
    const outside = compile("-expires:<1h");
    expect(outside.range).toEqual({});
    expect(outside.plan.answeredBy).toBe("scan");
    expect(outside.entry(entry())).toBe(true);
    expect(outside.entry(entry({ expires: "2026-11-20T11:00:00.000000Z" }))).toBe(false);
    expect(compile("expires:never").entry(entry({ expires: null }))).toBe(true);
    expect(compile("expires:never").entry(entry())).toBe(false);
  });
});

describe("keys, text and sizes", () => {
  test("a whole key is one look-up, a part of one is a scan", () => {
    expect(compile(key).key).toBe(key);
    expect(compile(key).plan.answeredBy).toBe("key");
    expect(compile("3456 ABCD").key).toBeNull();
    expect(compile("3456 ABCD").entry(entry())).toBe(true);
    expect(compile("3456 zzz").entry(entry())).toBe(false);
    expect(compile("-3456").entry(entry())).toBe(false);
    expect(compile("3456").plan.answeredBy).toBe("scan");
  });

  test.each([
    ["size:>4kb", 4096, false],
    ["size:>4kb", 4097, true],
    ["size:>=4kb", 4096, true],
    ["size:<512b", 511, true],
    ["size:<512", 512, false],
    ["size:<=1.5k", 1536, true],
    ["size:100", 100, true],
    ["size:100", 101, false],
    ["-size:>4kb", 4096, true],
    ["size:>1mb size:<2mb", 1_500_000, true],
  ])("%s of %d bytes: %s", (text, size, expected) => {
    expect(compile(text).entry(entry({ size }))).toBe(expected);
  });

  test("bounds are handed to stores that can answer them", () => {
    expect(compile("size:>4kb size:>=8kb size:<1mb")).toMatchObject({
      minSize: 8191,
      maxSize: 1_048_576,
    });
  });
});

describe("what only the data tells", () => {
  test("users by id and by name, and nobody", () => {
    expect(compile("user:alice user:anonymous").users).toEqual(["alice"]);
    expect(fits("user:alice", { user: "7" })).toBe(true);
    expect(fits("user:7", { user: "7" })).toBe(true);
    expect(fits("user:alice", { user: "8" })).toBe(false);
    expect(fits("user:anonymous", {})).toBe(true);
    expect(fits("-user:anonymous", {})).toBe(false);
    expect(fits("user:alice user:8", { user: "8" })).toBe(true);
    expect(fits("-user:alice", { user: "7" })).toBe(false);
    expect(compile('user:"Zoë \\"B\\""').users).toEqual(['Zoë "B"']);
  });

  test("top-level keys and signatures", () => {
    expect(fits("key:cart key:__proto__", { keys: ["cart"] })).toBe(false);
    expect(fits("key:cart -key:next", { keys: ["cart"] })).toBe(true);
    expect(fits("signature:fallback", { signature: "fallback:2" })).toBe(true);
    expect(fits("sig:fallback:1", { signature: "fallback:2" })).toBe(false);
    expect(fits("sig:invalid sig:unverified", { signature: "invalid" })).toBe(true);
    expect(fits("-sig:valid", { signature: "valid" })).toBe(false);
  });

  test("the plan names what makes a scan necessary", () => {
    expect(planFilter("state:expired user:alice", now)).toMatchObject({
      answeredBy: "scan",
      why: "The user is inside the session's data.",
    });
  });
});

describe("bad tokens", () => {
  test.each([
    ["stat:active", "There is no filter named stat.", "state: is one."],
    ["__proto__:x", "There is no filter named __proto__.", "Filters:"],
    ["state:actve", "actve is no state.", "state:active is one."],
    ["sig:good", "good is no signature.", "signature:valid"],
    ["expires:soon", "expires:soon is no time", "expires:<1h"],
    ["expires:2026-13-01", "expires:2026-13-01 is no time", "expires:<1h"],
    ["expires:2026-12-04..2026-11-13", "is no time or range", "expires:<1h"],
    ["expires:..", "is no time or range", "expires:<1h"],
    ["size:big", "size:big is no size.", "size:>4kb"],
    ["user:", "user: needs a value.", "user:alice"],
    ['user:"alice', "The quotation mark is never closed.", ""],
  ])("%s", (text, message, hint) => {
    const [token] = planFilter(text, now).tokens;
    expect(token?.problem?.code).toBe("bad_filter");
    expect(token?.problem?.message).toContain(message);
    expect(token?.problem?.hint ?? "").toContain(hint);
    expect(() => compile(text)).toThrow(ProblemError);
  });

  test("one bad token leaves the others planned", () => {
    const plan = planFilter("state:expired sizes:3", now);
    expect(plan.tokens.map(({ problem }) => problem?.code ?? null)).toEqual([null, "bad_filter"]);
    expect(plan.answeredBy).toBe("index");
  });

  test("text of any shape ends in tokens, quickly", () => {
    const hostile = `${'"'.repeat(50_000)} ${"a:".repeat(50_000)} \u0000\u001b[31m ${"1d".repeat(50_000)}`;
    expect(planFilter(`expires:<${hostile}`, now).tokens.length).toBeGreaterThan(1);
  });
});

test("ranges are handed over as they were typed together", () => {
  expect(range("expires:2026-01-01..2026-02-01 state:expired")).toEqual({
    from: "2026-01-01T00:00:00.000000Z",
    to: "2026-02-02T00:00:00.000000Z",
  });
});
