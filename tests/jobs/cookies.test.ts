/** Pasted cookies: what Django signed is read and judged as Django does, and Django reads what is signed here. */
import { describe, expect, it } from "vitest";
import {
  type CookieRules,
  cookieIn,
  readCookies,
  signCookie,
} from "../../src/main/jobs/cookies.ts";
import { ProblemError } from "../../src/main/problem.ts";
import { project } from "../django/project.ts";

const KEY = "the key of this test";
const WEEKS = 1_209_600;
const GOLDEN = "eyJhIjoxfQ:1r31eq:81ez4oDqNP8pBPM6U0ZH4x1mY_ggNx8KJWFaVAkEDJs";

const rules = (more: Partial<CookieRules> = {}): CookieRules => ({
  keys: { secretKey: KEY, fallbacks: [] },
  settings: { SESSION_COOKIE_NAME: "sessionid", SESSION_COOKIE_AGE: WEEKS },
  now: BigInt(Date.now()) * 1000n,
  ...more,
});

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return "no problem";
};

const django = project({
  secretKey: KEY,
  sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.signed_cookies" },
});

describe("pasted cookies", () => {
  it("are found in values, pairs and headers, and lines of others are passed over", () => {
    const lines: [string, string | null][] = [
      [GOLDEN, GOLDEN],
      [`  ${GOLDEN}  `, GOLDEN],
      [`sessionid=${GOLDEN}`, GOLDEN],
      [`Cookie: csrftoken=x; sessionid=${GOLDEN}; b=1`, GOLDEN],
      [`set-cookie: sessionid="${GOLDEN}"; HttpOnly; Path=/`, GOLDEN],
      ["Cookie: csrftoken=x", null],
      ["csrftoken=x", null],
      ["", null],
    ];
    for (const [line, value] of lines)
      expect([line, cookieIn(line, "sessionid")]).toEqual([line, value]);
    const read = readCookies(lines.map(([line]) => line).join("\r\n"), rules());
    expect(read.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  });

  it("end SESSION_COOKIE_AGE after they were signed, to the second, as in Django", () => {
    const made = django.run<{ cookie: string; taken: boolean[] }>(`
from unittest import mock
from django.core import signing
with mock.patch("time.time", return_value=1700000000.9):
    session = SessionStore()
    session["a"] = 1
    session.save()
cookie = session.session_key
taken = []
for now in (1700000000 + 1209600, 1700000000 + 1209600.25):
    with mock.patch("time.time", return_value=now):
        taken.append(SessionStore(cookie).get("a") == 1)
result = {"cookie": cookie, "taken": taken}
`);
    const start = 1_700_000_000_000_000n;
    const ends = start + BigInt(WEEKS) * 1_000_000n;
    const judged = [ends, ends + 250_000n].map((now) => {
      const [cookie] = readCookies(made.cookie, rules({ now }));
      return cookie;
    });
    expect(judged.map((one) => one?.expired === false)).toEqual(made.taken);
    expect(judged[0]).toMatchObject({
      signedAt: "2023-11-14T22:13:20.000000Z",
      ends: "2023-11-28T22:13:20.000000Z",
      age: WEEKS,
      signature: "valid",
      encoding: "signed_cookies",
      djangoSees: null,
    });
    expect(judged[1]?.djangoSees).toMatch(/SESSION_COOKIE_AGE is over/);
  });

  it("say what Django makes of another key, a row's data, a session key and rubbish", () => {
    const [other] = readCookies(GOLDEN, rules());
    expect(other).toMatchObject({ signature: "invalid", problem: { code: "bad_signature" } });
    expect(other?.djangoSees).toMatch(/fits no key/);
    expect(other?.content).not.toBeNull();
    const row = django.run<string>(`
from django.contrib.sessions.backends.db import SessionStore as Rows
result = Rows().encode({"a": 1})
`);
    expect(readCookies(row, rules())[0]?.djangoSees).toMatch(/another salt/);
    expect(readCookies("k".repeat(32), rules())[0]?.problem?.message).toMatch(/session key/);
    expect(readCookies("<script>", rules())[0]).toMatchObject({ content: null, text: null });
    const unverified = readCookies(GOLDEN, rules({ keys: { fallbacks: [] } }))[0];
    expect(unverified).toMatchObject({ signature: "unverified", problem: null });
    const old = { secretKey: "new", fallbacks: [KEY] };
    const signed = signCookie("{}", null, false, rules());
    expect(readCookies(signed.value, rules({ keys: old }))[0]?.signature).toBe("fallback:1");
  });

  it("are edited and signed again, and Django takes them", () => {
    for (const serializer of ["JSONSerializer", "PickleSerializer"]) {
      const site = project({
        secretKey: KEY,
        sessions: {
          SESSION_ENGINE: "django.contrib.sessions.backends.signed_cookies",
          SESSION_SERIALIZER: `django.contrib.sessions.serializers.${serializer}`,
        },
      });
      const cookie = site.run<string>(`
session = SessionStore()
session["cart"] = [1, 2.0, "é"]
session.save()
result = session.session_key
`);
      const [read] = readCookies(cookie, rules());
      const text = (read?.text ?? "").replace(/^\{/, '{"edited": true,');
      const signed = signCookie(text, cookie, false, rules());
      expect(signed).toMatchObject({ signature: "valid", serializer: read?.serializer });
      expect(site.run(`result = dict(SessionStore(given).items())`, signed.value)).toEqual({
        cart: [1, 2, "é"],
        edited: true,
      });
    }
  });

  it("are measured with their name against what browsers keep", () => {
    const big = signCookie(`{"a": ${JSON.stringify(noise(5000))}}`, null, false, rules());
    expect(big).toMatchObject({ tooLarge: true, limit: 4096 });
    expect(big.size).toBe("sessionid=".length + big.value.length);
    expect(signCookie(`{"a": "${"x".repeat(5000)}"}`, null, false, rules())).toMatchObject({
      ...{ tooLarge: false, compressed: true },
    });
  });

  it("are not signed without a key, and a forgery not without being asked to", () => {
    expect(codeOf(() => signCookie("{}", null, false, rules({ keys: { fallbacks: [] } })))).toBe(
      "no_secret_key",
    );
    expect(codeOf(() => signCookie("{}", GOLDEN, false, rules()))).toBe("bad_signature");
    expect(signCookie("{}", GOLDEN, true, rules()).signature).toBe("valid");
    expect(codeOf(() => signCookie("[]", null, false, rules()))).toBe("not_a_dict");
    expect(codeOf(() => signCookie("{", null, false, rules()))).toBe("bad_json");
    expect(codeOf(() => readCookies(`${GOLDEN}\n`.repeat(1001), rules()))).toBe("too_large");
  });
});

/** Text that does not compress, the same each time. */
function noise(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return String.fromCharCode(33 + ((seed >> 8) % 90));
  }).join("");
}
