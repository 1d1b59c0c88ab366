/**
 * Cookie text as Django and Python's http.cookies write and read it.
 *
 *     sessionid=abc; expires=Tue, 28 Nov 2023 22:13:20 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax
 *     sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax
 *
 * Attributes stand in alphabetical order of their lower-case names; `expires` alone is lower case.
 */
import { Buffer } from "node:buffer";
import { PythonError } from "./errors.ts";
import type { Settings } from "./settings.ts";

export type Cookie = {
  readonly name: string;
  readonly value: string;
  /** Whole seconds; null leaves Max-Age out. */
  readonly maxAge: number | null;
  /** An HTTP date; null leaves it out. */
  readonly expires: string | null;
  readonly domain: string | null;
  readonly path: string | null;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | false | null;
};

/** The value of a Set-Cookie header. ValueError for a SameSite that is not lax, none or strict. */
function setCookieText(cookie: Cookie): string {
  if (cookie.sameSite && !["lax", "none", "strict"].includes(cookie.sameSite.toLowerCase()))
    throw new PythonError("ValueError", 'samesite must be "lax", "none", or "strict".');
  return [
    `${cookie.name}=${quoteCookieValue(cookie.value)}`,
    ...(cookie.domain ? [`Domain=${cookie.domain}`] : []),
    ...(cookie.expires ? [`expires=${cookie.expires}`] : []),
    ...(cookie.httpOnly ? ["HttpOnly"] : []),
    ...(cookie.maxAge === null ? [] : [`Max-Age=${cookie.maxAge}`]),
    ...(cookie.path ? [`Path=${cookie.path}`] : []),
    ...(cookie.sameSite ? [`SameSite=${cookie.sameSite}`] : []),
    ...(cookie.secure ? ["Secure"] : []),
  ].join("; ");
}

type CookieSettings = Pick<
  Settings,
  | "SESSION_COOKIE_NAME"
  | "SESSION_COOKIE_DOMAIN"
  | "SESSION_COOKIE_PATH"
  | "SESSION_COOKIE_SECURE"
  | "SESSION_COOKIE_HTTPONLY"
  | "SESSION_COOKIE_SAMESITE"
>;

/**
 * The Set-Cookie value of a session. `age` is its lifetime in seconds, cut toward zero, with the date of
 * its end (httpDate); null for a session that ends with the browser.
 */
export const sessionCookie = (
  settings: CookieSettings,
  value: string,
  age: { readonly maxAge: number; readonly expires: string } | null,
): string =>
  setCookieText({
    name: settings.SESSION_COOKIE_NAME,
    value,
    // Never "-0".
    maxAge: age ? Math.trunc(age.maxAge) + 0 : null,
    expires: age ? age.expires : null,
    domain: settings.SESSION_COOKIE_DOMAIN,
    path: settings.SESSION_COOKIE_PATH,
    secure: settings.SESSION_COOKIE_SECURE,
    httpOnly: settings.SESSION_COOKIE_HTTPONLY,
    sameSite: settings.SESSION_COOKIE_SAMESITE,
  });

/**
 * The Set-Cookie value that removes a session's cookie. Secure does not follow SESSION_COOKIE_SECURE: it
 * is there only where browsers would refuse the cookie without it.
 */
export function deletionCookie(settings: CookieSettings): string {
  const name = settings.SESSION_COOKIE_NAME;
  const sameSite = settings.SESSION_COOKIE_SAMESITE;
  return setCookieText({
    name,
    value: "",
    maxAge: 0,
    expires: "Thu, 01 Jan 1970 00:00:00 GMT",
    domain: settings.SESSION_COOKIE_DOMAIN,
    path: settings.SESSION_COOKIE_PATH,
    secure:
      name.startsWith("__Secure-") ||
      name.startsWith("__Host-") ||
      (sameSite !== null && sameSite !== false && sameSite.toLowerCase() === "none"),
    httpOnly: false,
    sameSite,
  });
}

/** http.cookies' quoting: as it is where every character is harmless, else in double quotes with octal escapes. */
export function quoteCookieValue(value: string): string {
  if (/^[A-Za-z0-9!#$%&'*+\-.^_`|~:]+$/.test(value)) return value;
  const escaped = value.replace(
    /[^A-Za-z0-9!#$%&'*+\-.^_`|~: ()/<=>?@[\]{}\u0100-\uffff]/g,
    (char) =>
      char === '"' || char === "\\"
        ? `\\${char}`
        : `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  return `"${escaped}"`;
}

/** Undoes quoteCookieValue; text that is not in double quotes stays as it is. */
export function unquoteCookieValue(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value
    .slice(1, -1)
    .replace(/\\(?:([0-3][0-7][0-7])|([^\n]))/g, (_, octal: string | undefined, char: string) =>
      octal === undefined ? char : String.fromCharCode(Number.parseInt(octal, 8)),
    );
}

/** The white space str.strip() removes, which differs from String.trim(). */
const strip = (text: string): string => text.replace(SPACES, "");
const SPACE = "[\\p{White_Space}\\u001c-\\u001f]+";
const SPACES = new RegExp(`^${SPACE}|${SPACE}$`, "gu");

/**
 * Django's parse_cookie: the cookies of a Cookie header by name, the last of equal names winning.
 * `header` holds the bytes on the wire as characters U+0000 to U+00FF; they are read as UTF-8.
 */
export function parseCookies(header: string): Map<string, string> {
  const text = Buffer.from(header, "latin1").toString("utf8");
  const cookies = new Map<string, string>();
  for (const chunk of text.split(";")) {
    const at = chunk.indexOf("=");
    const name = strip(at < 0 ? "" : chunk.slice(0, at));
    const value = strip(at < 0 ? chunk : chunk.slice(at + 1));
    if (name !== "" || value !== "") cookies.set(name, unquoteCookieValue(value));
  }
  return cookies;
}

/** django.utils.cache.patch_vary_headers for one header: the new Vary, given the present one or null. */
export function patchVary(vary: string | null, header = "Cookie"): string {
  const headers = vary === null ? [] : vary.split(/\s*,\s*/);
  if (!headers.some((present) => present.toLowerCase() === header.toLowerCase()))
    headers.push(header);
  return headers.includes("*") ? "*" : headers.join(", ");
}
