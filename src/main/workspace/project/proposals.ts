/** From the settings that were read to places the app can open: driver, options, the secrets apart. */

import { tmpdir } from "node:os";
import { z } from "zod";
import {
  cachePrefix,
  connectionSchema,
  type SessionSettings,
  sessionSettingsSchema,
} from "../../../shared/connection.ts";
import type { ProjectProposal } from "../../../shared/project.ts";
import type { Driver } from "../../stores/driver.ts";
import { driverOf, drivers } from "../../stores/list.ts";
import { cachePlace } from "./propose-cache.ts";
import { databasePlace } from "./propose-database.ts";
import { knownText } from "./settings.ts";
import { type Module, PyDelta, PyFloat, Unknown, type Value } from "./value.ts";

/** A place as the settings describe it. `options` holds no secrets; `secrets` are options' secrets by name. */
export interface Place {
  title: string;
  driver: string;
  options: Record<string, unknown>;
  secrets: Record<string, string>;
  /** cached_db: the cache in front of the table. */
  cachedBy?: { driver: string; options: Record<string, unknown> };
  /** Why it cannot be opened, beyond a missing driver. */
  refused?: string;
  asks: { option: string; why: string }[];
}

export interface Proposed {
  proposal: ProjectProposal;
  /** Secrets of options by name. */
  options: Record<string, string>;
}

export interface Context {
  module: Module;
  /** manage.py's folder, which relative paths count from. */
  folder: string;
  name: string;
}

export const nothing = (title: string, driver: string, refused: string): Place => ({
  ...{ title, driver, refused },
  ...{ options: {}, secrets: {}, asks: [] },
});

/** Why a value is not known, for an option that has to be asked for. */
export const whyUnknown = (value: Value): string =>
  value.data instanceof Unknown ? value.data.why : "It is not evaluated.";

/** Dotted module of the engine, resolved where the project's own engine extends one of Django's. */
export function engineOf(
  module: Module,
  ownEngine: (dotted: string) => string | null,
): {
  engine: string | null;
  reason: string;
} {
  const value = module.names.get("SESSION_ENGINE");
  if (!value) {
    const doubt = module.names.get("*");
    return {
      engine: "django.contrib.sessions.backends.db",
      reason: doubt
        ? `SESSION_ENGINE is not known, Django's own is the database: ${whyUnknown(doubt)}`
        : "SESSION_ENGINE is not set: Django's own is the database.",
    };
  }
  const engine = knownText(value) ?? null;
  if (engine === null)
    return { engine, reason: `SESSION_ENGINE is not known: ${whyUnknown(value)}` };
  const base = /^django\.contrib\.sessions\.backends\./.test(engine) ? null : ownEngine(engine);
  return base === null
    ? { engine, reason: `SESSION_ENGINE is ${engine}.` }
    : { engine: base, reason: `SESSION_ENGINE is ${engine}, which extends ${base}.` };
}

export function placesOf(context: Context, engine: string | null): Place[] {
  switch (engine) {
    case null:
      return [databasePlace(context, "django_session"), cachePlace(context, "cache")];
    case "django.contrib.sessions.backends.db":
      return [databasePlace(context, "django_session")];
    case "django.contrib.sessions.backends.cache":
      return [cachePlace(context, "cache")];
    case "django.contrib.sessions.backends.cached_db":
      return [
        ...pair(context),
        databasePlace(context, "django_session"),
        cachePlace(context, "cached_db"),
      ];
    case "django.contrib.sessions.backends.file":
      return [filePlace(context)];
    case "django.contrib.sessions.backends.signed_cookies":
      return [
        hasDriver("signed_cookies")
          ? { ...nothing("Signed cookies", "signed_cookies", ""), refused: "" }
          : nothing(
              "Signed cookies",
              "signed_cookies",
              "The sessions are in the browsers' cookies: there is no store to open.",
            ),
      ];
    case "user_sessions.backends.db":
      return [databasePlace(context, "user_sessions_session")];
    case "qsessions.backends.db":
    case "qsessions.backends.cached_db":
      return [databasePlace(context, "qsessions_session")];
    default:
      return [nothing(engine, engine, `What ${engine} stores is not known to the app.`)];
  }
}

const hasDriver = (name: string): boolean => drivers.some((one) => one.name === name);

/** The row and its copy in the cache shown as one, where the app has drivers for both. */
function pair(context: Context): Place[] {
  const row = databasePlace(context, "django_session");
  const cache = cachePlace(context, "cached_db");
  const open = [row, cache].every((one) => one.refused === undefined && hasDriver(one.driver));
  if (!open || cache.asks.length > 0) return [];
  const secrets = Object.entries(cache.secrets).map(([name, text]) => [cachePrefix + name, text]);
  return [
    {
      ...row,
      title: `${row.title} with its cache, ${cache.title}`,
      cachedBy: { driver: cache.driver, options: cache.options },
      secrets: { ...row.secrets, ...Object.fromEntries(secrets) },
    },
  ];
}

function filePlace({ module }: Context): Place {
  const value = module.names.get("SESSION_FILE_PATH");
  const path = value && value.data !== null ? pathText(value) : tmpdir();
  const asks = value && path === null ? [{ option: "path", why: whyUnknown(value) }] : [];
  return {
    title: "Folder of session files",
    driver: "file",
    options: { path: path ?? "" },
    secrets: {},
    asks,
  };
}

/** A text or a pathlib path; null where it is neither. */
export function pathText(value: Value): string | null {
  const { data } = value;
  if (typeof data === "string") return data;
  return typeof data === "object" && data !== null && "path" in data && !("names" in data)
    ? data.path
    : null;
}

/** The session settings that are known, as a connection keeps them. */
export function sessionSettings(module: Module): SessionSettings {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(sessionSettingsSchema.shape)) {
    const data = module.names.get(name)?.data;
    if (data === undefined) continue;
    const plain =
      data instanceof PyFloat ? data.value : data instanceof PyDelta ? data.seconds : data;
    const one = sessionSettingsSchema.safeParse({
      [name]: plain === false && name === "SESSION_COOKIE_SAMESITE" ? null : plain,
    });
    if (one.success) Object.assign(found, one.data);
  }
  return found;
}

/** Those the driver knows. */
function optionsOf(driver: Driver, given: Record<string, unknown>): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(driver.options, { io: "input" });
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => Object.hasOwn(properties, name)),
  );
}

export function proposed(
  context: Context,
  place: Place,
  reason: string,
  index: number,
  keys: string[],
): Proposed {
  const driver = drivers.find(({ name }) => name === place.driver);
  const why = place.refused || (driver ? null : `The app has no driver for ${place.driver} yet.`);
  const base = {
    id: String(index + 1),
    title: place.title,
    reason,
    driver: place.driver,
    handle: null,
  };
  const secrets = [...keys, ...Object.keys(place.secrets)];
  if (why !== null || !driver)
    return {
      proposal: { ...base, available: false, why, connection: null, secrets, asks: [] },
      options: place.secrets,
    };
  const connection = connectionSchema.parse({
    id: "",
    name: context.name.slice(0, 80) || "Project",
    driver: place.driver,
    options: optionsOf(driver, place.options),
    ...(place.cachedBy && {
      cachedBy: {
        driver: place.cachedBy.driver,
        options: optionsOf(driverOf(place.cachedBy.driver), place.cachedBy.options),
      },
    }),
    settings: sessionSettings(context.module),
  });
  return {
    proposal: { ...base, available: true, why: null, connection, secrets, asks: place.asks },
    options: place.secrets,
  };
}
