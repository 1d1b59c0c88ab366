/** The settings form's data, and settings as lines of a settings.py. */
import type { SettingInfo } from "../../shared/audit.ts";
import {
  atLeast,
  type DjangoVersion,
  djangoVersions,
  type GivenSettings,
  JSON_SERIALIZER,
  PICKLE_SERIALIZER,
  settingsIn,
} from "../engine/settings.ts";
import { problem } from "../problem.ts";
import { resolveScenarioSettings } from "./scenario.ts";

type About = Pick<SettingInfo, "meaning" | "group">;

const about: Record<string, About> = {
  SESSION_ENGINE: { group: "session", meaning: "Where sessions are kept." },
  SESSION_SERIALIZER: {
    group: "session",
    meaning: "How the data becomes bytes; pickle runs code for whoever knows SECRET_KEY.",
  },
  SESSION_COOKIE_AGE: {
    group: "session",
    meaning:
      "Seconds a session and its cookie live after the last save, unless set_expiry() says otherwise.",
  },
  SESSION_SAVE_EVERY_REQUEST: {
    group: "session",
    meaning:
      "Saves on every request, so that the age counts from the last request; one store write each.",
  },
  SESSION_EXPIRE_AT_BROWSER_CLOSE: {
    group: "session",
    meaning:
      "Cookies without an end of their own; what is stored still lives for SESSION_COOKIE_AGE.",
  },
  SESSION_COOKIE_NAME: {
    group: "cookie",
    meaning: "Name of the cookie, and what session files begin with.",
  },
  SESSION_COOKIE_DOMAIN: {
    group: "cookie",
    meaning: "Hosts the cookie is sent to; None: the one that set it.",
  },
  SESSION_COOKIE_PATH: { group: "cookie", meaning: "Paths the cookie is sent to." },
  SESSION_COOKIE_SECURE: { group: "cookie", meaning: "Sends the cookie over https alone." },
  SESSION_COOKIE_HTTPONLY: {
    group: "cookie",
    meaning: "Keeps the cookie from scripts on the page.",
  },
  SESSION_COOKIE_SAMESITE: {
    group: "cookie",
    meaning: "Whether requests that other sites start carry the cookie.",
  },
  SESSION_FILE_PATH: {
    group: "storage",
    meaning: "Folder of session files; None: the system's folder for temporary files.",
  },
  SESSION_CACHE_ALIAS: { group: "storage", meaning: "Which of CACHES holds sessions." },
  SECRET_KEY: { group: "other", meaning: "Signs sessions; whoever knows it can make them." },
  SECRET_KEY_FALLBACKS: { group: "other", meaning: "Older keys whose signatures still count." },
  DEFAULT_HASHING_ALGORITHM: {
    group: "other",
    meaning: "sha1 while servers of Django 3.0 share the store.",
  },
  USE_TZ: {
    group: "other",
    meaning: "Whether datetimes know their zone; decides what the expire_date column holds.",
  },
  TIME_ZONE: { group: "other", meaning: "The site's time zone." },
  CSRF_USE_SESSIONS: {
    group: "other",
    meaning: "Keeps the CSRF token in the session: visitors of forms get one.",
  },
  MESSAGE_STORAGE: {
    group: "other",
    meaning: "Where messages wait; the session storage writes to the session.",
  },
};

const backends = "django.contrib.sessions.backends";
const engines = ["db", "cached_db", "cache", "file", "signed_cookies"];
const locmem = "django.core.cache.backends.locmem.LocMemCache";

const label = (value: unknown): string => String(value).slice(String(value).lastIndexOf(".") + 1);

function choicesOf(name: string, kind: string, version: DjangoVersion): unknown[] {
  if (name === "SESSION_ENGINE") return engines.map((engine) => `${backends}.${engine}`);
  if (name === "SESSION_SERIALIZER")
    return atLeast(version, "5.2") ? [JSON_SERIALIZER] : [JSON_SERIALIZER, PICKLE_SERIALIZER];
  if (kind === "samesite") return ["Lax", "Strict", "None", false];
  if (kind === "hash") return ["sha256", "sha1"];
  return [];
}

/** "5.2", or a release of it. Throws bad_request for a version nobody simulates. */
export function versionOf(asked: string): DjangoVersion {
  const found = djangoVersions.find((known) => asked === known || asked.startsWith(`${known}.`));
  if (found === undefined)
    throw problem(
      "bad_request",
      `django "${asked.slice(0, 20)}" is not one of ${djangoVersions.join(", ")}.`,
    );
  return found;
}

/** Every setting of a version, with the defaults a scenario has: USE_TZ on, UTC, a secret key of its own. */
export function settingInfos(asked: string): SettingInfo[] {
  const version = versionOf(asked);
  const own: Record<string, unknown> = { ...resolveScenarioSettings({}, version) };
  return [
    ...settingsIn(version).map(({ name, kind, since }) => ({
      name,
      kind,
      default: own[name],
      since,
      ...(about[name] ?? { group: "other" as const, meaning: "" }),
      choices: choicesOf(name, kind, version).map((value) => ({
        value,
        label: value === false ? "left out" : label(value),
      })),
    })),
    {
      name: "CACHES",
      kind: "caches",
      default: { default: { BACKEND: locmem } },
      since: "1.3",
      group: "storage",
      meaning:
        "The caches; the one SESSION_CACHE_ALIAS names is simulated in memory, its MAX_ENTRIES included.",
      choices: [],
    },
  ];
}

/** Python's literal of a JSON value. */
function pythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${pythonLiteral(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

/** One line a setting that differs from Django's default. Throws bad_setting. */
export function settingsText(given: GivenSettings, asked: string): string {
  const version = versionOf(asked);
  resolveScenarioSettings(given, version);
  const defaults = new Map(settingsIn(version).map(({ name, default: value }) => [name, value]));
  const lines = Object.entries(given)
    .filter(([name, value]) => value !== undefined && value !== defaults.get(name))
    .map(([name, value]) =>
      name.startsWith("SECRET_KEY")
        ? `# ${name} is not written out`
        : `${name} = ${pythonLiteral(value)}`,
    );
  return lines.length === 0 ? "# Django's defaults\n" : `${lines.join("\n")}\n`;
}
