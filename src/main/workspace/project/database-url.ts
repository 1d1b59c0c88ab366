/**
 * DATABASE_URL and CACHE_URL as django-environ and dj_database_url take them apart.
 *
 *     postgres://shop:p%40ss@db:5433/shop?sslmode=require   ENGINE, NAME, USER, PASSWORD, HOST, PORT, OPTIONS
 *     sqlite:////srv/site/db.sqlite3                         four slashes before an absolute path
 *     redis://:secret@cache:6379/1                           BACKEND and LOCATION
 */
import type { Scope } from "./reader.ts";
import { type Data, PyDict, PyList, type Value } from "./value.ts";

const engines: Record<string, string> = {
  postgres: "django.db.backends.postgresql",
  postgresql: "django.db.backends.postgresql",
  psql: "django.db.backends.postgresql",
  pgsql: "django.db.backends.postgresql",
  postgis: "django.contrib.gis.db.backends.postgis",
  mysql: "django.db.backends.mysql",
  mysql2: "django.db.backends.mysql",
  mysqlgis: "django.contrib.gis.db.backends.mysql",
  "mysql-connector": "mysql.connector.django",
  sqlite: "django.db.backends.sqlite3",
  spatialite: "django.contrib.gis.db.backends.spatialite",
  oracle: "django.db.backends.oracle",
  mssql: "mssql",
};

const caches: Record<string, string> = {
  dbcache: "django.core.cache.backends.db.DatabaseCache",
  dummycache: "django.core.cache.backends.dummy.DummyCache",
  filecache: "django.core.cache.backends.filebased.FileBasedCache",
  locmem: "django.core.cache.backends.locmem.LocMemCache",
  dummy: "django.core.cache.backends.dummy.DummyCache",
  file: "django.core.cache.backends.filebased.FileBasedCache",
  db: "django.core.cache.backends.db.DatabaseCache",
  memcached: "django.core.cache.backends.memcached.PyMemcacheCache",
  locmemcache: "django.core.cache.backends.locmem.LocMemCache",
  memcache: "django.core.cache.backends.memcached.PyMemcacheCache",
  pymemcache: "django.core.cache.backends.memcached.PyMemcacheCache",
  pylibmc: "django.core.cache.backends.memcached.PyLibMCCache",
};

const pattern =
  /^([\w+.-]+):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?(?:\/([^?#]*))?(?:\?([^#]*))?/;

/** The entry of DATABASES; null for what is no database's URL. */
export function databaseOfUrl(value: Value): Value | null {
  if (typeof value.data !== "string") return null;
  const sign = (data: Data): Value => ({ ...value, data });
  const dict = (items: Record<string, Data>): Value =>
    sign(new PyDict(new Map(Object.entries(items).map(([key, data]) => [key, sign(data)]))));
  const found = pattern.exec(value.data);
  const scheme = found?.[1]?.toLowerCase() ?? "";
  const engine = Object.hasOwn(engines, scheme) ? engines[scheme] : undefined;
  if (!found || engine === undefined) return null;
  const [, , user = "", password = "", host = "", port = "", path = "", query = ""] = found;
  const options = new Map<string, Value>();
  for (const [key, text] of new URLSearchParams(query)) options.set(key, sign(text));
  const file = /sqlite|spatialite/.test(engine);
  const socket = decoded(host);
  return dict({
    ENGINE: engine,
    NAME: file && path === "" ? ":memory:" : decoded(path),
    USER: decoded(user),
    PASSWORD: decoded(password),
    HOST: socket.replace(/^\[(.*)\]$/, "$1"),
    PORT: port === "" ? "" : Number(port),
    ...(options.size > 0 && { OPTIONS: new PyDict(options) }),
  });
}

/** The entry of CACHES; null for what is no cache's URL. */
export function cacheOfUrl({ reader }: Scope, value: Value): Value | null {
  if (typeof value.data !== "string") return null;
  const sign = (data: Data): Value => ({ ...value, data });
  const found = /^([\w+.-]+):\/\/([^?#]*)(?:\?([^#]*))?/.exec(value.data);
  const scheme = found?.[1]?.toLowerCase() ?? "";
  const rest = found?.[2] ?? "";
  const items = new Map<string, Value>();
  const redis = /^redis(s|cache)?$/.test(scheme);
  const backend = redis
    ? reader.sources.exists("requirements.txt") && usesDjangoRedis(reader.sources)
      ? "django_redis.cache.RedisCache"
      : "django.core.cache.backends.redis.RedisCache"
    : Object.hasOwn(caches, scheme)
      ? caches[scheme]
      : undefined;
  if (backend === undefined) return null;
  items.set("BACKEND", sign(backend));
  const places = rest.split(",");
  const location = redis
    ? `${scheme === "rediss" ? "rediss" : "redis"}://${rest}`
    : /^file(cache)?$/.test(scheme)
      ? `/${rest.replace(/^\/+/, "")}`
      : rest;
  items.set(
    "LOCATION",
    sign(!redis && places.length > 1 ? new PyList(places.map((place) => sign(place))) : location),
  );
  for (const [key, text] of new URLSearchParams(found?.[3] ?? ""))
    if (/^(key_prefix|version|timeout|key_function)$/i.test(key))
      items.set(key.toUpperCase(), sign(/^\d+$/.test(text) ? Number(text) : text));
  return sign(new PyDict(items));
}

function usesDjangoRedis(sources: Scope["reader"]["sources"]): boolean {
  const file = sources.find("requirements.txt");
  try {
    return file !== null && /^django-redis\b/im.test(sources.text(file));
  } catch {
    return false;
  }
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
