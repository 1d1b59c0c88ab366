/**
 * A browser's cookie jar with room for one cookie: RFC 6265 with its rules for Max-Age, Expires, Path and Secure.
 * Domain is ignored, as if every request went to the site that set the cookie.
 */
import { type Micros, SECOND } from "../engine/time.ts";

export interface JarCookie {
  readonly name: string;
  /** As it stood in Set-Cookie, quotes included. */
  readonly value: string;
  /** Null for a cookie that ends with the browser. */
  readonly expires: Micros | null;
  readonly path: string;
  readonly secure: boolean;
  /** When it was sent. */
  readonly received: Micros;
}

export class CookieJar {
  #cookie: JarCookie | null;

  /** `cookie` is there at the start. */
  constructor(cookie: JarCookie | null = null) {
    this.#cookie = cookie;
  }

  /** What the jar holds: an expired cookie too, until the next request. */
  get cookie(): JarCookie | null {
    return this.#cookie;
  }

  #dropExpired(now: Micros): JarCookie | null {
    if (this.#cookie?.expires != null && this.#cookie.expires <= now) this.#cookie = null;
    return this.#cookie;
  }

  /** What a request for this path carries. */
  cookieFor(now: Micros, path: string, secure: boolean): JarCookie | null {
    const cookie = this.#dropExpired(now);
    if (cookie === null || (cookie.secure && !secure)) return null;
    return pathMatches(path, cookie.path) ? cookie : null;
  }

  /** Takes a Set-Cookie value of a response to a request for `requestPath`. */
  receive(now: Micros, header: string, requestPath: string): void {
    const [pair = "", ...rest] = header.split(";");
    const equals = pair.indexOf("=");
    if (equals < 1) return;
    const attributes = new Map(
      rest.map((part) => {
        const at = part.indexOf("=");
        return at < 0
          ? [part.trim().toLowerCase(), ""]
          : [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
      }),
    );
    const expires = end(now, attributes);
    const given = attributes.get("path");
    this.#cookie = {
      name: pair.slice(0, equals).trim(),
      value: pair.slice(equals + 1).trim(),
      expires,
      path: given?.startsWith("/") ? given : defaultPath(requestPath),
      secure: attributes.has("secure"),
      received: now,
    };
    this.#dropExpired(now);
  }

  closeBrowser(): void {
    if (this.#cookie?.expires === null) this.#cookie = null;
  }
}

/** Max-Age before Expires; what cannot be read counts as absent. */
function end(now: Micros, attributes: Map<string | undefined, string | undefined>): Micros | null {
  const maxAge = attributes.get("max-age");
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + BigInt(maxAge) * SECOND;
  const expires = Date.parse(attributes.get("expires") ?? "");
  return Number.isNaN(expires) ? null : BigInt(expires) * 1000n;
}

/** RFC 6265, 5.1.4: everything up to the last slash. */
const defaultPath = (requestPath: string): string =>
  requestPath.slice(0, Math.max(requestPath.lastIndexOf("/"), 0)) || "/";

const pathMatches = (path: string, cookiePath: string): boolean =>
  path === cookiePath ||
  (path.startsWith(cookiePath) && (cookiePath.endsWith("/") || path[cookiePath.length] === "/"));
