/** The entry of CACHES that holds the sessions, as options of a driver. */
import { isAbsolute, join } from "node:path";
import { drivers } from "../../stores/list.ts";
import { type Context, nothing, type Place, pathText, whyUnknown } from "./proposals.ts";
import { databasePlace } from "./propose-database.ts";
import { knownText } from "./settings.ts";
import { PyDict, PyList, type Value } from "./value.ts";

export function cachePlace(context: Context, engine: "cache" | "cached_db"): Place {
  const { module } = context;
  const aliasValue = module.names.get("SESSION_CACHE_ALIAS");
  const alias = aliasValue ? knownText(aliasValue) : "default";
  if (alias === undefined) return nothing("Cache", "cache", "SESSION_CACHE_ALIAS is not known.");
  const caches = module.names.get("CACHES");
  if (!caches)
    return nothing("Cache", "locmem", "CACHES is not set, so the cache is in the site's memory.");
  const entry = caches.data instanceof PyDict ? caches.data.items.get(alias) : undefined;
  if (!(entry?.data instanceof PyDict))
    return nothing(
      "Cache",
      "cache",
      `CACHES['${alias}'] is not known: ${whyUnknown(entry ?? caches)}`,
    );
  const { items } = entry.data;
  const backend = knownText(items.get("BACKEND"));
  const location = items.get("LOCATION");
  if (backend === undefined) return nothing("Cache", "cache", "BACKEND of the cache is not known.");
  const kind = backend.toLowerCase();
  if (/locmem|dummy/.test(kind))
    return nothing("Cache in memory", "locmem", "The cache is in the site's memory.");
  if (kind.includes("redis"))
    return redisPlace(items, location, engine === "cache" ? "django" : engine);
  if (kind.includes("memcached")) return memcachedPlace(kind, items, location, engine);
  if (kind.endsWith("databasecache")) {
    const table = location ? knownText(location) : undefined;
    const place = databasePlace(context, table ?? "");
    const driver = `${place.driver}-cache`;
    const why = location ? whyUnknown(location) : "LOCATION is not set.";
    return {
      ...place,
      title: drivers.find(({ name }) => name === driver)?.title ?? "Cache table",
      driver,
      options: { ...place.options, ...named(items), layout: engine },
      asks: table ? place.asks : [...place.asks, { option: "table", why }],
    };
  }
  if (kind.endsWith("filebasedcache")) {
    const path = location ? pathText(location) : null;
    const asks =
      path === null
        ? [{ option: "path", why: location ? whyUnknown(location) : "LOCATION is not set." }]
        : [];
    const full = path === null ? "" : isAbsolute(path) ? path : join(context.folder, path);
    return {
      title: "Cache folder",
      driver: "file-cache",
      options: { path: full, ...named(items), layout: engine },
      secrets: {},
      asks,
    };
  }
  return nothing(
    backend,
    backend.split(".").at(-1) ?? backend,
    `There is no driver for ${backend}.`,
  );
}

/** KEY_PREFIX and VERSION. */
function named(items: Map<string, Value>): Record<string, unknown> {
  const prefix = knownText(items.get("KEY_PREFIX"));
  const version = items.get("VERSION")?.data;
  return {
    ...(prefix ? { prefix } : {}),
    ...(typeof version === "number" ? { version } : {}),
  };
}

const firstText = (value: Value | undefined): string | undefined =>
  value?.data instanceof PyList ? knownText(value.data.items[0]) : knownText(value);

/** LOCATION is a URL of redis-py, or several, the first of which takes the writes. */
function redisPlace(items: Map<string, Value>, location: Value | undefined, layout: string): Place {
  const place: Place = {
    title: "Redis",
    driver: "redis",
    options: { ...named(items), layout },
    secrets: {},
    asks: [],
  };
  const text = firstText(location);
  const driver = drivers.find(({ name }) => name === "redis");
  if (text === undefined) {
    place.asks.push({
      option: "hosts",
      why: location ? whyUnknown(location) : "LOCATION is not set.",
    });
    return place;
  }
  const address = /^[\w+]+:\/\//.test(text) ? text : `redis://${text}`;
  if (!driver || !URL.canParse(address)) return place;
  try {
    const { password, ...options } = driver.fromUrl(new URL(address)) as Record<string, unknown>;
    Object.assign(place.options, options);
    if (typeof password === "string" && password !== "") place.secrets["password"] = password;
  } catch {
    place.asks.push({ option: "hosts", why: "LOCATION is no URL that the Redis driver takes." });
  }
  const more = items.get("OPTIONS")?.data;
  const secret =
    more instanceof PyDict
      ? knownText(more.items.get("PASSWORD") ?? more.items.get("password"))
      : undefined;
  if (secret) place.secrets["password"] = secret;
  return place;
}

function memcachedPlace(
  kind: string,
  items: Map<string, Value>,
  location: Value | undefined,
  engine: string,
): Place {
  const list = location?.data instanceof PyList ? location.data.items : location ? [location] : [];
  const texts = list.map(knownText).filter((one): one is string => one !== undefined);
  const asks =
    texts.length === list.length && list.length > 0
      ? []
      : [{ option: "hosts", why: "LOCATION is not known." }];
  const servers = texts.flatMap((one) => one.split(/[;,]/)).join(",");
  const client = /pymemcache|pylibmc/i.exec(kind)?.[0].toLowerCase();
  return {
    title: "Memcached",
    driver: "memcached",
    options: {
      ...{ ...(servers && { hosts: servers }), ...(client && { client }) },
      ...{ ...named(items), layout: engine },
    },
    secrets: {},
    asks,
  };
}
