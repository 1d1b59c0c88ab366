import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  deletionCookie,
  parseCookies,
  patchVary,
  quoteCookieValue,
  sessionCookie,
  unquoteCookieValue,
} from "../../src/main/engine/cookie.ts";
import { type GivenSettings, resolveSettings } from "../../src/main/engine/settings.ts";
import { httpDate } from "../../src/main/engine/time.ts";
import { djangoPython } from "../django/python.ts";
import { errorOf } from "./golden.ts";

/** What real Django makes of each input: a list of results. */
function django(expression: string, inputs: readonly unknown[]): unknown {
  const script = `
import json, sys
from django.conf import settings
settings.configure()
from http.cookies import _quote, _unquote
from django.http import HttpResponse
from django.http.cookie import parse_cookie
from django.core.handlers.wsgi import WSGIRequest
from django.utils.cache import patch_vary_headers
def deleted(kwargs):
    r = HttpResponse(); r.delete_cookie(**kwargs); return next(iter(r.cookies.values())).OutputString()
def set(kwargs):
    r = HttpResponse(); r.set_cookie(**kwargs); return next(iter(r.cookies.values())).OutputString()
def vary(x):
    r = HttpResponse()
    if x is not None: r["Vary"] = x
    patch_vary_headers(r, ("Cookie",)); return r["Vary"]
def request(x):
    return WSGIRequest({"REQUEST_METHOD": "GET", "wsgi.input": None, "HTTP_COOKIE": x}).COOKIES
print(json.dumps([${expression} for x in json.load(sys.stdin)]))`;
  const done = spawnSync(djangoPython().python, ["-c", script], {
    input: JSON.stringify(inputs),
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

const variants: GivenSettings[] = [
  {},
  { SESSION_COOKIE_SECURE: true },
  { SESSION_COOKIE_HTTPONLY: false, SESSION_COOKIE_SAMESITE: "Strict" },
  { SESSION_COOKIE_DOMAIN: "example.com", SESSION_COOKIE_PATH: "/app" },
  { SESSION_COOKIE_DOMAIN: "", SESSION_COOKIE_PATH: null },
  { SESSION_COOKIE_SAMESITE: "None" },
  { SESSION_COOKIE_SAMESITE: "lax" },
  { SESSION_COOKIE_SAMESITE: false },
  { SESSION_COOKIE_NAME: "__Host-sid", SESSION_COOKIE_SECURE: true },
  { SESSION_COOKIE_NAME: "__Secure-sid" },
];

test("the session's cookie is the one Django sends", () => {
  const expires = httpDate(1701209600);
  const all = variants.map((given) => resolveSettings(given, "3.2"));
  const sent = django(
    "set(x)",
    all.map((s) => ({
      key: s.SESSION_COOKIE_NAME,
      value: "abc",
      max_age: 1209600,
      expires,
      domain: s.SESSION_COOKIE_DOMAIN,
      path: s.SESSION_COOKIE_PATH,
      secure: s.SESSION_COOKIE_SECURE,
      httponly: s.SESSION_COOKIE_HTTPONLY,
      samesite: s.SESSION_COOKIE_SAMESITE,
    })),
  );
  expect(all.map((s) => sessionCookie(s, "abc", { maxAge: 1209600.9, expires }))).toEqual(sent);
});

test("the deletion cookie is the one Django sends", () => {
  const all = variants.map((given) => resolveSettings(given, "3.2"));
  const sent = django(
    "deleted(x)",
    all.map((s) => ({
      key: s.SESSION_COOKIE_NAME,
      domain: s.SESSION_COOKIE_DOMAIN,
      path: s.SESSION_COOKIE_PATH,
      samesite: s.SESSION_COOKIE_SAMESITE,
    })),
  );
  expect(all.map(deletionCookie)).toEqual(sent);
});

test("a cookie that ends with the browser has no date", () => {
  expect(sessionCookie(resolveSettings({}), "abc", null)).toBe(
    "sessionid=abc; HttpOnly; Path=/; SameSite=Lax",
  );
});

test("a wrong SameSite is a ValueError", () => {
  const settings = resolveSettings({ SESSION_COOKIE_SAMESITE: "sometimes" });
  expect(errorOf(() => sessionCookie(settings, "abc", null))).toEqual({
    type: "ValueError",
    message: 'samesite must be "lax", "none", or "strict".',
  });
});

test("values are quoted and unquoted as http.cookies does", () => {
  const values = [
    "",
    "abc",
    "a b",
    'a"b',
    "a\\b",
    "a,b;c",
    "é",
    "\x01\x7f",
    "()/<=>?@[]{}",
    "a:b.c-d_e~f|g",
    "日本",
    '"',
    "'",
  ];
  const quoted = django("_quote(x)", values);
  expect(values.map(quoteCookieValue)).toEqual(quoted);
  const wire = [
    ...(quoted as string[]),
    '"',
    '""',
    '"a',
    '"\\054\\"\\\\\\x"',
    '"\\400\\377"',
    '"a\\"',
  ];
  expect(wire.map(unquoteCookieValue)).toEqual(django("_unquote(x)", wire));
});

test("a Cookie header is read as Django's WSGI handler reads it", () => {
  const headers = [
    "sessionid=abc",
    "sessionid=a; sessionid=b",
    "a=1;b=2 ;; c ; =d; =",
    'sessionid="a\\054b"; x="a;b"',
    " sessionid = abc\t; Sessionid=x",
    "n=\u00c3\u00a9; bad=\u00ff\u00fe; \u00e9=1",
    "a=b=c; a%20=%20",
    "",
  ];
  expect(headers.map((header) => Object.fromEntries(parseCookies(header)))).toEqual(
    django("request(x)", headers),
  );
});

test("Vary gains Cookie as Django adds it", () => {
  const headers = [null, "Accept", "accept , cookie", "*", "Accept-Language,*", "Cookie", "a,,b"];
  expect(headers.map((header) => patchVary(header))).toEqual(django("vary(x)", headers));
});
