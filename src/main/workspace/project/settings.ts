/** The settings that bear on sessions, each with its value's text and where it comes from. */
import type { ProjectSetting } from "../../../shared/project.ts";
import type { Module } from "./value.ts";
import { PyBytes, PyDict, PyList, repr, Unknown, type Value } from "./value.ts";

/** Django's defaults (django/conf/global_settings.py); those that differ by version are 5.0's and later. */
const defaults: [name: string, text: string][] = [
  ["SESSION_ENGINE", "'django.contrib.sessions.backends.db'"],
  ["SESSION_SERIALIZER", "'django.contrib.sessions.serializers.JSONSerializer'"],
  ["SESSION_COOKIE_NAME", "'sessionid'"],
  ["SESSION_COOKIE_AGE", "1209600"],
  ["SESSION_COOKIE_DOMAIN", "None"],
  ["SESSION_COOKIE_PATH", "'/'"],
  ["SESSION_COOKIE_SECURE", "False"],
  ["SESSION_COOKIE_HTTPONLY", "True"],
  ["SESSION_COOKIE_SAMESITE", "'Lax'"],
  ["SESSION_EXPIRE_AT_BROWSER_CLOSE", "False"],
  ["SESSION_SAVE_EVERY_REQUEST", "False"],
  ["SESSION_FILE_PATH", "None"],
  ["SESSION_CACHE_ALIAS", "'default'"],
  ["USE_TZ", "True"],
  ["TIME_ZONE", "'America/Chicago'"],
  ["AUTH_USER_MODEL", "'auth.User'"],
  ["SECRET_KEY", "''"],
  ["SECRET_KEY_FALLBACKS", "[]"],
];

const nested: Record<string, string[]> = {
  DATABASES: ["ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS"],
  CACHES: ["BACKEND", "LOCATION", "KEY_PREFIX", "VERSION", "TIMEOUT", "KEY_FUNCTION", "OPTIONS"],
};

const isSecret = (name: string): boolean => /SECRET_KEY|PASSWORD/.test(name);

/** A URL's password left out: what is shown of a cache's LOCATION. */
export const withoutPassword = (text: string): string =>
  text.replace(/([\w+.-]+:\/\/[^:@/\s']*):[^@/\s']+@/g, "$1:•••@");

/** USE_TZ before Django 5.0 was False unless set. */
const defaultOf = (name: string, text: string, django: string | null): string =>
  name === "USE_TZ" && django !== null && Number.parseInt(django, 10) < 5 ? "False" : text;

export function settingsOf(module: Module, django: string | null): ProjectSetting[] {
  const found: ProjectSetting[] = [];
  // A star import that may have happened leaves everything it could set in doubt.
  const doubt = module.names.get("*");
  for (const [name, text] of defaults) {
    const value = module.names.get(name);
    if (value) found.push(setting(name, value));
    else if (doubt) found.push(setting(name, doubt));
    else found.push({ ...blank(name), value: defaultOf(name, text, django), known: "default" });
  }
  for (const [name, keys] of Object.entries(nested)) {
    const value = module.names.get(name);
    if (!value) continue;
    if (!(value.data instanceof PyDict)) found.push(setting(name, value));
    else
      for (const [alias, part] of [...value.data.items].slice(0, 50)) {
        const place = `${name}['${alias}']`;
        const entry = assumedWith(part, value);
        if (!(entry.data instanceof PyDict)) found.push(setting(place, entry));
        else
          for (const key of keys) {
            const item = entry.data.items.get(key);
            if (item) found.push(setting(`${place}['${key}']`, assumedWith(item, entry)));
          }
      }
  }
  return found;
}

/** What is assumed of the whole is assumed of its parts. */
const assumedWith = (part: Value, { assumed }: Value): Value =>
  part.assumed !== undefined || assumed === undefined ? part : { ...part, assumed };

const blank = (name: string): ProjectSetting => ({
  name,
  value: null,
  known: "no",
  why: null,
  origin: null,
  secret: isSecret(name),
  variable: null,
});

export function setting(name: string, value: Value): ProjectSetting {
  const { data, origin } = value;
  const secret = isSecret(name) && data !== null && data !== "";
  const made = { ...blank(name), secret, origin };
  const text = name.endsWith("['OPTIONS']") ? optionsText(value) : repr(value);
  if (text === null)
    return {
      ...made,
      why: data instanceof Unknown ? data.why : `${origin.how} is not evaluated.`,
      variable: data instanceof Unknown ? data.variable : null,
    };
  const shown = secret ? null : withoutPassword(text);
  return value.assumed === undefined
    ? { ...made, value: shown, known: "yes" }
    : { ...made, value: shown, known: "assumed", why: value.assumed };
}

/** OPTIONS may hold anything, so values of telling names are left out. */
function optionsText(value: Value): string | null {
  if (!(value.data instanceof PyDict)) return repr(value);
  const items = new Map<string, Value>();
  for (const [key, item] of value.data.items) items.set(key, hidden(key, item));
  return repr({ ...value, data: new PyDict(items) });
}

function hidden(key: string, item: Value): Value {
  if (/pass|secret|token|credential/i.test(key)) return { ...item, data: "•••" };
  if (!(item.data instanceof PyDict)) return item;
  const items = new Map([...item.data.items].map(([name, one]) => [name, hidden(name, one)]));
  return { ...item, data: new PyDict(items) };
}

/** The text of a known value; undefined otherwise. Bytes as the text they are. */
export function knownText(value: Value | undefined): string | undefined {
  const data = value?.data;
  if (typeof data === "string") return data;
  return data instanceof PyBytes ? data.text : undefined;
}

/** SECRET_KEY and SECRET_KEY_FALLBACKS, as far as they are known. */
export function keysOfModule(module: Module): { secretKey?: string; fallbacks: string[] } {
  const secretKey = knownText(module.names.get("SECRET_KEY"));
  const list = module.names.get("SECRET_KEY_FALLBACKS")?.data;
  const fallbacks = list instanceof PyList ? list.items.map(knownText) : [];
  return {
    ...(secretKey ? { secretKey } : {}),
    fallbacks: fallbacks.filter((one): one is string => one !== undefined && one !== ""),
  };
}
