import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectSession, rawValue } from "../../src/main/jobs/inspect.ts";
import { readPage } from "../../src/main/jobs/page.ts";
import type { ProblemError } from "../../src/main/problem.ts";
import { hostileSessions } from "./hostile.ts";
import { type Site, site } from "./site.ts";

let shop: Site;
let bare: Site;
beforeAll(async () => {
  shop = await site(hostileSessions);
  bare = await site("SessionStore(session_key='a' * 32).save(must_create=True)", null, {
    keys: [],
  });
});
afterAll(async () => {
  await shop.close();
  await bare.close();
});

const inspect = (name: string) => inspectSession(shop.context, name.padEnd(32, "0"));

describe("a session in full", () => {
  test("value, text, layers and cookie", async () => {
    const detail = await inspect("plain");
    expect(detail.row).toMatchObject({
      state: "active",
      user: { id: "1", name: "alice" },
      signature: "valid",
      encoding: "signed",
      problem: null,
    });
    expect(detail.text).toContain('"f": 1.0');
    expect(detail.text).toContain(`"big": ${2n ** 70n}`);
    expect(detail.text).toContain('{"$type": "float", "value": "nan"}');
    expect(detail.text).toContain('"__proto__": {');
    expect(detail.value?.entries?.map(({ key }) => key.text)).toEqual([
      "_auth_user_id",
      "n",
      "f",
      "big",
      "nan",
      "__proto__",
    ]);
    expect(detail.layers.length).toBeGreaterThanOrEqual(2);
    expect(detail.notEditable).toBeNull();
    expect(detail.djangoSees).toBeNull();
    expect(detail.lifetime.reason).toMatch(
      /^Active\. Expires in 13 d 23 h, on 20\d\d-.* UTC\. SESSION_COOKIE_AGE of 2 weeks after it was last saved on 20\d\d-\d\d-\d\d .* UTC\.$/,
    );
    expect(detail.cookie).toMatchObject({
      name: "sessionid",
      value: `plain${"0".repeat(27)}`,
      maxAge: 1209600,
    });
    expect(detail.cookie.header).toMatch(
      /^sessionid=plain0+; expires=.* GMT; HttpOnly; Max-Age=1209600; Path=\/; SameSite=Lax$/,
    );
  });

  test.each([
    [
      "browser0",
      "browser",
      /^Browser-length: the cookie ends with the browser, what is stored in 13 d 23 h\. set_expiry\(0\) was called; what is stored lives for SESSION_COOKIE_AGE of 2 weeks after it was last saved/,
    ],
    ["seconds0", "active", /set_expiry\(3600\): 1 hour after it was last saved on/],
    [
      "fixed000",
      "active",
      /set_expiry fixed the end at 2027-01-01T00:00:00\+00:00; saving does not move it\./,
    ],
    [
      "moved000",
      "active",
      /The stored date is 400 d after that save instead|The stored date is 399 d 23 h after that save instead/,
    ],
    ["expired0", "expired", /^Expired 3 d 4 h ago, on /],
    ["corrupt0", "active", /The value cannot be read; the date is the store's\.$/],
  ])("why %s lives or not", async (name, state, reason) => {
    const { lifetime, cookie } = await inspect(name);
    expect(lifetime.state).toBe(state);
    expect(lifetime.reason).toMatch(reason);
    if (name === "browser0") expect(cookie).toMatchObject({ maxAge: null, expires: null });
    if (name === "seconds0") expect(cookie.maxAge).toBe(3600);
  });

  test.each([
    [
      "tampered",
      "bad_signature",
      "invalid",
      "Django treats this session as empty: the signature fits no key.",
    ],
    [
      "corrupt0",
      "unknown_format",
      "unverified",
      "Django treats this session as empty: what is stored is in no form it knows.",
    ],
    [
      "list0000",
      "not_a_dict",
      "valid",
      "Django fails at the first use of this session: it decodes to something that is no dict.",
    ],
    [
      "deep0000",
      "too_deep",
      "valid",
      "Django treats this session as empty: Python does not follow nesting as deep as this.",
    ],
    ["bomb0000", "too_large", "valid", null],
    ["expired0", null, "valid", "Django does not find this session any more and begins a new one."],
    ["oldkey00", null, "fallback:1", null],
    [
      "pickle00",
      null,
      "valid",
      "Django treats this session as empty unless SESSION_SERIALIZER is PickleSerializer, which is gone since version 5.0.",
    ],
  ])("%s: the problem and what Django sees", async (name, code, signature, sees) => {
    const detail = await inspect(name);
    expect(detail.row.problem?.code ?? null).toBe(code);
    expect(detail.row.signature).toBe(signature);
    expect(detail.djangoSees).toBe(sees);
    if (code !== null && code !== "bad_signature") expect(detail.notEditable).not.toBeNull();
    expect(detail.layers.length).toBeGreaterThan(0);
    expect(JSON.stringify(detail).length).toBeLessThan(2_000_000);
  });

  test("a tampered value is shown all the same", async () => {
    expect((await inspect("tampered")).text).toContain('"a": 1');
  });

  test("a value of 50 MB is named with its size and not decoded", async () => {
    const detail = await inspect("huge0000");
    expect(detail.row.size).toBeGreaterThan(49_000_000);
    expect(detail.row.problem?.code).toBe("too_large");
    expect(detail.notEditable?.code).toBe("too_large");
    expect(JSON.stringify(detail).length).toBeLessThan(500_000);
    expect((await rawValue(shop.context, "huge0000".padEnd(32, "0"))).text?.length).toBe(
      detail.row.size,
    );
  });

  test("a value of megabytes is decoded but not edited as text", async () => {
    const detail = await inspect("megabyte");
    expect(detail.row.problem).toBeNull();
    expect(detail.text).toBeNull();
    expect(detail.notEditable?.code).toBe("too_large");
    expect(detail.value?.entries?.[1]?.value.cut).toBeGreaterThan(0);
  });

  test("types only a pickle knows", async () => {
    const { text, row } = await inspect("pickle00");
    expect(row.serializer).toBe("pickle");
    expect(text).toContain('"$type": "tuple"');
    expect(text).toContain('"value": "2026-01-02T03:04:05+00:00"');
  });

  test("no such key is not_found", async () => {
    const error = await inspect("none").catch((thrown: unknown) => thrown);
    expect((error as ProblemError).problem.code).toBe("not_found");
  });

  test("without a key: shown, not verified, not to be saved", async () => {
    const detail = await inspectSession(bare.context, "a".repeat(32));
    expect(detail.row.signature).toBe("unverified");
    expect(detail.text).toBe("{}");
    expect(detail.notEditable?.code).toBe("no_secret_key");
    expect(detail.djangoSees).toBeNull();
  });
});

describe("hostile sessions in a list", () => {
  test("a page lists them all, large ones within bounds", async () => {
    const { rows } = await readPage(shop.context, { filter: "", order: "expires", limit: 500 });
    const row = (name: string) => rows.find(({ key }) => key === name.padEnd(32, "0"));
    expect(rows).toHaveLength(17);
    expect(row("large000")).toMatchObject({ user: { name: "alice" }, problem: null });
    expect(row("huge0000")?.problem?.code).toBe("too_large");
    expect(row("bomb0000")?.problem?.code).toBe("too_large");
    expect(row("deep0000")?.problem?.code).toBe("too_deep");
    expect(row("plain")?.keys).toContain("__proto__");
  });
});
