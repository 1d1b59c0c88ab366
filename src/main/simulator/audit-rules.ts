/** What an audit looks for in settings, one rule a function: null where all is well. */
import type { Finding } from "../../shared/audit.ts";
import { PICKLE_SERIALIZER, type Settings } from "../engine/settings.ts";
import { deployChecks } from "./audit-checks.ts";
import {
  type GivenSettings,
  logOut,
  request,
  required,
  type Site,
  scene,
  signIn,
  withCopy,
} from "./audit-scenes.ts";
import { duration } from "./words.ts";

export interface Audited extends Site {
  readonly all: Settings;
  /** db, cached_db, cache, file or signed_cookies. */
  readonly engine: string;
}

export type Rule = (site: Audited) => Promise<Finding | null>;

const YEAR = 31_536_000;

export const rules: readonly Rule[] = [
  async (site) => {
    const check = deployChecks(site.all).find(({ id }) => id === "security.W012");
    if (check === undefined) return null;
    return {
      ...named(check.id, "warning", check.setting),
      title: "The session cookie travels over plain HTTP",
      consequence:
        "A single request over http sends the cookie in clear text; whoever reads it is signed in.",
      fix: "SESSION_COOKIE_SECURE = True, once the site answers over https.",
      scenario: scene(site, "A request over plain HTTP carries the cookie", [
        signIn(0),
        request(60, "/", [], { secure: false }),
      ]),
    };
  },
  async (site) => {
    const check = deployChecks(site.all).find(({ id }) => id === "security.W015");
    if (check === undefined) return null;
    return {
      ...named(check.id, "warning", check.setting),
      title: "Scripts on the page can read the session cookie",
      consequence:
        "One injected script sends the cookie away, and a copy of it signs in from anywhere.",
      fix: "SESSION_COOKIE_HTTPONLY = True, Django's default.",
      scenario: await withCopy(site, "A copied cookie signs in", [signIn(0)], (cookie) => [
        request(60, "/account/", [required], { cookie }),
      ]),
    };
  },
  async (site) => {
    const { SESSION_COOKIE_SAMESITE: same, SESSION_COOKIE_SECURE: secure } = site.all;
    const none = typeof same === "string" && same.toLowerCase() === "none";
    if (same && !none) return null;
    const refused = none && !secure;
    return {
      ...named("samesite", refused ? "error" : "warning", "SESSION_COOKIE_SAMESITE"),
      title: refused
        ? "Browsers refuse the cookie: SameSite=None without Secure"
        : "Requests started by other sites carry the session cookie",
      consequence: refused
        ? "Browsers drop a cookie with SameSite=None that is not Secure: nobody stays signed in."
        : "Another site can make a visitor's browser act here in their name, wherever CSRF protection is off.",
      fix: refused
        ? 'SESSION_COOKIE_SECURE = True, or SESSION_COOKIE_SAMESITE = "Lax".'
        : 'SESSION_COOKIE_SAMESITE = "Lax", Django\'s default, unless the site is shown inside of others.',
      scenario: scene(site, "The Set-Cookie header as it is sent", [
        signIn(0),
        request(60, "/transfer/", [required], { method: "POST" }),
      ]),
    };
  },
  async (site) => {
    if (site.all.SESSION_SERIALIZER !== PICKLE_SERIALIZER) return null;
    const gone = site.django.startsWith("5") || site.django.startsWith("6");
    const older = { ...site, django: gone ? "4.2" : site.django };
    return {
      ...named("pickle", "error", "SESSION_SERIALIZER"),
      title: gone ? "PickleSerializer is gone since Django 5.0" : "Sessions are pickles",
      consequence:
        site.engine === "signed_cookies"
          ? "Whoever learns SECRET_KEY sends a cookie that runs code on the server."
          : "Whoever learns SECRET_KEY and can write to the store runs code on the server.",
      fix: `SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"; sessions that hold more than JSON have to be changed before.`,
      scenario: scene(older, "What only a pickle keeps: a float stays one, keys stay numbers", [
        request(0, "/", [
          { op: "set", key: '"prices"', value: '{"$type": "dict", "value": [[1, 2.0]]}' },
        ]),
        request(10, "/", [{ op: "get", key: '"prices"' }]),
      ]),
    };
  },
  async (site) => {
    if (site.engine !== "signed_cookies") return null;
    return {
      ...named("revocation", "warning", "SESSION_ENGINE"),
      title: "Sessions in cookies cannot be revoked",
      consequence: `Logging out only asks the browser to forget the cookie. A copy signs in until it is ${duration(site.all.SESSION_COOKIE_AGE)} old, and set_expiry() changes nothing about that.`,
      fix: "An engine that stores sessions (db, cached_db), or a short SESSION_COOKIE_AGE.",
      scenario: await withCopy(
        site,
        "A copy of the cookie signs in after the logout",
        [signIn(0), logOut(60)],
        (cookie) => [request(120, "/account/", [required], { cookie })],
      ),
    };
  },
  async (site) => {
    if (site.engine !== "signed_cookies") return null;
    // Random-looking, so that compression does not hide what is shown.
    const noise = Array.from({ length: 900 }, (_, at) =>
      ((at * 7919 + 13) ** 2).toString(36).slice(-6),
    ).join("");
    return {
      ...named("cookie-size", "warning", "SESSION_ENGINE"),
      title: "The whole session has to fit into 4096 bytes",
      consequence:
        "Browsers drop a cookie above 4096 bytes without a word: the change is lost, and with it everything since.",
      fix: "Keep identifiers in the session and the rest in the database, or an engine that stores sessions.",
      scenario: scene(site, "A cookie above 4096 bytes", [
        request(0, "/cart/", [{ op: "set", key: '"cart"', value: JSON.stringify(noise) }]),
      ]),
    };
  },
  async (site) => {
    if (site.engine !== "cache") return null;
    const { CACHES, SESSION_CACHE_ALIAS } = site.all;
    const backend = CACHES[SESSION_CACHE_ALIAS]?.BACKEND ?? "";
    const known = site.settings["CACHES"] !== undefined;
    const local = known && backend.endsWith(".LocMemCache");
    const small: GivenSettings = {
      ...site.settings,
      SESSION_CACHE_ALIAS: "default",
      CACHES: {
        default: {
          BACKEND: "django.core.cache.backends.locmem.LocMemCache",
          OPTIONS: { MAX_ENTRIES: 3 },
        },
      },
    };
    const visitor = (at: number) =>
      request(at, "/", [{ op: "set", key: '"seen"', value: "true" }], { cookie: "none" });
    return {
      ...named("volatile-cache", local ? "error" : "warning", "SESSION_ENGINE"),
      title: local ? "Sessions live in one process's memory" : "Sessions live in a cache alone",
      consequence: local
        ? "Every worker process has its own sessions, and a restart signs everybody out."
        : "What the cache drops, restarts without, or cannot answer for is a visitor signed out, without a trace.",
      fix: 'SESSION_ENGINE = "django.contrib.sessions.backends.cached_db", or a cache that keeps its entries on disk and never evicts sessions.',
      scenario: scene({ ...site, settings: small }, "A full cache drops a signed-in visitor", [
        signIn(0),
        visitor(5),
        visitor(10),
        visitor(15),
        request(30, "/account/", [required]),
      ]),
    };
  },
  async (site) => {
    if (site.engine !== "file") return null;
    return {
      ...named("file-integer-expiry", "warning", "SESSION_ENGINE"),
      title: "Session files with a number from set_expiry() never expire",
      consequence:
        "set_expiry(60) ends the cookie, not the file: a copied cookie signs in for ever, and clearsessions leaves the file.",
      fix: "set_expiry() with a datetime or a timedelta, or another engine; files left behind have to be purged by their age.",
      scenario: await withCopy(
        site,
        "A year after set_expiry(60)",
        [
          request(0, "/accounts/login/", [
            { op: "login", user: "1042", hash: '"h"' },
            { op: "setExpiry", seconds: "60" },
          ]),
          { at: YEAR, clearsessions: true },
        ],
        (cookie) => [request(YEAR + 60, "/account/", [required], { cookie })],
      ),
    };
  },
  async (site) => {
    if (site.engine !== "cached_db") return null;
    return {
      ...named("cached-row-delete", "info", "SESSION_ENGINE"),
      title: "Deleting a row by hand does not sign out",
      consequence:
        "The copy in the cache is believed without a look at the row: the visitor stays signed in until the copy ends.",
      fix: "Delete through SessionStore.delete(), or the cache entry first and the row after it.",
      scenario: scene(site, "The row is deleted, the copy lives", [
        signIn(0),
        { at: 30, deleteRow: "jar" },
        request(60, "/account/", [required]),
      ]),
    };
  },
  async (site) => {
    const { SESSION_COOKIE_AGE: age } = site.all;
    if (age > 0 && age <= YEAR) return null;
    return {
      ...named("cookie-age", age > 0 ? "info" : "error", "SESSION_COOKIE_AGE"),
      title:
        age > 0 ? `Sessions live ${duration(age)}` : "Sessions are over as soon as they are saved",
      consequence:
        age > 0
          ? "A stolen cookie works as long, and the store keeps every visitor's record as long. Browsers cut cookies to 400 days."
          : "The cookie is dropped at once: nobody can sign in.",
      fix: "SESSION_COOKIE_AGE of hours to weeks, in seconds.",
      scenario: scene(site, "The cookie's Max-Age", [
        signIn(0),
        request(60, "/account/", [required]),
      ]),
    };
  },
  async (site) => {
    if (!site.all.SESSION_EXPIRE_AT_BROWSER_CLOSE) return null;
    return {
      ...named("browser-close", "info", "SESSION_EXPIRE_AT_BROWSER_CLOSE"),
      title: "Closing the browser ends the cookie, not the session",
      consequence: `What is stored lives on for ${duration(site.all.SESSION_COOKIE_AGE)}, and browsers that restore tabs keep the cookie.`,
      fix: "A short SESSION_COOKIE_AGE beside it, since that is what ends the stored session.",
      scenario: await withCopy(
        site,
        "The browser is closed, a copy of the cookie still signs in",
        [signIn(0), { at: 60, closeBrowser: true }],
        (cookie) => [request(120, "/account/", [required], { cookie })],
      ),
    };
  },
  async (site) => {
    const name = site.all.SESSION_COOKIE_NAME;
    const host = name.startsWith("__Host-");
    if (!host && !name.startsWith("__Secure-")) return null;
    const { SESSION_COOKIE_SECURE: secure, SESSION_COOKIE_DOMAIN: domain } = site.all;
    const path = site.all.SESSION_COOKIE_PATH;
    if (secure && (!host || (!domain && path === "/"))) return null;
    return {
      ...named("cookie-prefix", "error", "SESSION_COOKIE_NAME"),
      title: `Browsers refuse a cookie named ${name} as it is sent`,
      consequence: host
        ? "The prefix __Host- asks for Secure, Path=/ and no Domain; without them the cookie is dropped and nobody stays signed in."
        : "The prefix __Secure- asks for Secure; without it the cookie is dropped and nobody stays signed in.",
      fix: host
        ? 'SESSION_COOKIE_SECURE = True, SESSION_COOKIE_PATH = "/", SESSION_COOKIE_DOMAIN = None.'
        : "SESSION_COOKIE_SECURE = True.",
      scenario: scene(site, "The Set-Cookie header as it is sent", [signIn(0)]),
    };
  },
];

const named = (id: string, level: Finding["level"], setting: string) => ({ id, level, setting });
