/** Packages that read variables, as they are documented: django-environ, python-decouple, dj_database_url, split_settings. */
import { expect, test } from "vitest";
import { checkedOptions } from "../../../src/main/workspace/connections.ts";
import { folderWith, manage, read, valuesOf } from "./oracle.ts";

const project = (settings: string, more: Record<string, string> = {}) =>
  folderWith({ "manage.py": manage("settings"), "settings.py": settings, ...more });

test("django-environ: casts by method, scheme and default; .env; URLs", () => {
  const folder = project(
    `import environ
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent
env = environ.Env(SECURE=(bool, False), AGE=(int, 60))
environ.Env.read_env(BASE_DIR / ".env")
SECRET_KEY = env("SITE_KEY")
SESSION_COOKIE_SECURE = env("SECURE")
SESSION_COOKIE_AGE = env("AGE")
SESSION_COOKIE_NAME = env.str("NAME", default="sid")
SESSION_COOKIE_HTTPONLY = env("HTTPONLY", default=True)
SESSION_COOKIE_DOMAIN = env("DOMAIN", default=None)
SECRET_KEY_FALLBACKS = env.list("OLD", default=[])
DATABASES = {"default": env.db("DATABASE_URL", default="sqlite:///x"), "other": env.db_url("OTHER", default="sqlite:////srv/o.sqlite3")}
CACHES = {"default": env.cache("CACHE_URL")}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
`,
    {
      ".env": `# comment
export SITE_KEY='quoted # key'
SECURE=on
AGE="86400"   # a day
HTTPONLY=off
OLD=old-key-1,old-key-2
DATABASE_URL=postgres://shop:p%40ss-w0rd@db.example.org:5433/shop?sslmode=require
CACHE_URL=redis://:r3dis-pass@cache.example.org:6380/1
`,
    },
  );
  const found = read(folder);
  expect(valuesOf(found)).toMatchObject({
    SESSION_COOKIE_SECURE: "True",
    SESSION_COOKIE_AGE: "86400",
    SESSION_COOKIE_NAME: "'sid'",
    SESSION_COOKIE_HTTPONLY: "False",
    SESSION_COOKIE_DOMAIN: "None",
    "DATABASES['default']['ENGINE']": "'django.db.backends.postgresql'",
    "DATABASES['default']['NAME']": "'shop'",
    "DATABASES['default']['PORT']": "5433",
    "DATABASES['default']['PASSWORD']": null,
    "DATABASES['other']['NAME']": "'/srv/o.sqlite3'",
    "CACHES['default']['LOCATION']": "'redis://:•••@cache.example.org:6380/1'",
  });
  const named = (name: string) => found.project.settings.find((one) => one.name === name);
  expect(named("SESSION_COOKIE_AGE")).toMatchObject({
    known: "yes",
    origin: { file: ".env", line: 4, how: "variable AGE in .env" },
  });
  expect(named("SESSION_COOKIE_NAME")).toMatchObject({
    known: "assumed",
    why: "NAME is set nowhere, so its default counts.",
  });
  const [pair] = found.project.proposals;
  expect(pair).toMatchObject({
    driver: "postgres",
    secrets: ["secretKey", "fallbacks", "password", "cachedBy.password"],
    connection: {
      cachedBy: {
        driver: "redis",
        options: { hosts: "cache.example.org:6380", layout: "cached_db" },
      },
    },
  });
  expect(found.secrets.get(pair?.id ?? "")?.options).toEqual({
    password: "p@ss-w0rd",
    "cachedBy.password": "r3dis-pass",
  });
  const [, postgres] = found.project.proposals.filter(({ driver }) => driver === "postgres");
  expect(postgres?.connection?.options ?? {}).toEqual(
    postgres?.available
      ? {
          host: "db.example.org",
          port: 5433,
          database: "shop",
          user: "shop",
          table: "django_session",
          tls: "require",
        }
      : {},
  );
  const held = JSON.stringify([...found.secrets.values()]);
  if (postgres?.available) expect(held).toContain("p@ss-w0rd");
  const page = JSON.stringify(found.project);
  for (const secret of ["quoted # key", "p@ss-w0rd", "p%40ss", "r3dis-pass", "old-key-1"])
    expect(page).not.toContain(secret);
});

test("python-decouple: settings.ini or .env upwards, casts of values and defaults", () => {
  const folder = folderWith({
    "manage.py": manage("conf.settings"),
    "conf/__init__.py": "",
    "conf/settings.py": `from decouple import config, Csv
from dj_database_url import parse as db_url
SECRET_KEY = config("KEY")
SESSION_COOKIE_SECURE = config("SECURE", default=False, cast=bool)
SESSION_COOKIE_HTTPONLY = config("HTTPONLY", default="no", cast=bool)
SESSION_COOKIE_AGE = config("AGE", default="10", cast=int)
DATABASES = {"default": config("DATABASE_URL", default="sqlite:///dev.sqlite3", cast=db_url)}
HOSTS = config("HOSTS", cast=Csv())
SESSION_COOKIE_NAME = HOSTS[1]
`,
    ".env": "KEY=decoupled-key\nSECURE=t\nHOSTS=a.example, b.example\n",
  });
  expect(valuesOf(read(folder))).toMatchObject({
    SESSION_COOKIE_SECURE: "True",
    SESSION_COOKIE_HTTPONLY: "False",
    SESSION_COOKIE_AGE: "10",
    SESSION_COOKIE_NAME: "'b.example'",
    "DATABASES['default']['NAME']": "'dev.sqlite3'",
  });
});

test("dj_database_url.config() updates what is there, or changes nothing", () => {
  const text = `import dj_database_url, os
from dotenv import load_dotenv
load_dotenv()
SECRET_KEY = "k"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "dev"}}
DATABASES["default"].update(dj_database_url.config(conn_max_age=500, ssl_require=True))
`;
  expect(valuesOf(read(project(text)))).toMatchObject({ "DATABASES['default']['NAME']": "'dev'" });
  const set = project(text, { ".env": "DATABASE_URL=mysql://u:p@h/n\n" });
  expect(valuesOf(read(set))).toMatchObject({
    "DATABASES['default']['ENGINE']": "'django.db.backends.mysql'",
    "DATABASES['default']['HOST']": "'h'",
    "DATABASES['default']['OPTIONS']": "{'sslmode': 'require'}",
  });
});

test("split_settings' include reads its files in order into one", () => {
  const folder = folderWith({
    "manage.py": manage("conf.settings"),
    "conf/settings/__init__.py": `from split_settings.tools import include, optional
include("parts/base.py", "parts/x_*.py", optional("local.py"))
`,
    "conf/settings/parts/base.py": "AGE = 5\nSECRET_KEY = 'x'\n",
    "conf/settings/parts/x_sessions.py": "SESSION_COOKIE_AGE = AGE * 2\n",
  });
  const found = read(folder);
  expect(valuesOf(found)).toMatchObject({ SESSION_COOKIE_AGE: "10" });
  expect(found.project.problems).toEqual([]);
});

test("what is not known is asked for by its variable, and known once it is answered", () => {
  const folder = project(`import os
SECRET_KEY = os.environ["SITE_KEY"]
if os.environ["STAGE"] == "prod":
    SESSION_COOKIE_AGE = 1
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "prod"}}
else:
    SESSION_COOKIE_AGE = 2
SESSION_COOKIE_NAME = some_call(3)
`);
  const first = read(folder).project;
  const asks = Object.fromEntries(first.asks.map((ask) => [ask.variable, ask]));
  expect(asks["SITE_KEY"]).toEqual({
    variable: "SITE_KEY",
    settings: ["SECRET_KEY"],
    secret: true,
  });
  expect(asks["STAGE"]?.settings).toEqual(["SESSION_COOKIE_AGE", "DATABASES"]);
  expect(first.settings.find(({ name }) => name === "SESSION_COOKIE_NAME")).toMatchObject({
    known: "no",
    why: "The name some_call is not known.",
  });
  expect(first.proposals[0]).toMatchObject({ available: false });
  const answered = read(folder, { variables: { SITE_KEY: "typed-key", STAGE: "prod" } });
  expect(valuesOf(answered)).toMatchObject({
    SESSION_COOKIE_AGE: "1",
    "DATABASES['default']['NAME']": "'prod'",
  });
  expect(answered.project.asks).toEqual([]);
  expect([...answered.secrets.values()][0]?.secretKey).toBe("typed-key");
});

test("the module comes from .env, manage.py, or is chosen; a folder without any says what looks like one", () => {
  const files = {
    "manage.py": manage("conf.dev"),
    "conf/settings.py": "SESSION_COOKIE_AGE = 1\n",
    "conf/dev.py": "SESSION_COOKIE_AGE = 2\n",
  };
  expect(read(folderWith(files)).project).toMatchObject({
    settingsModule: "conf.dev",
    otherModules: ["conf.settings"],
  });
  const env = folderWith({ ...files, ".env": "DJANGO_SETTINGS_MODULE=conf.settings\n" });
  expect(read(env).project).toMatchObject({
    settingsModule: "conf.settings",
    settingsFrom: "variable DJANGO_SETTINGS_MODULE in .env",
  });
  expect(read(folderWith(files), { settingsModule: "conf.settings" }).project.settingsFrom).toBe(
    "chosen here",
  );
  const nested = folderWith({
    "backend/manage.py": manage("conf.settings"),
    "backend/conf/settings.py":
      "SESSION_ENGINE='django.contrib.sessions.backends.file'\nSESSION_FILE_PATH='var'\n",
  });
  expect(read(nested).project.proposals[0]).toMatchObject({
    driver: "file",
    connection: { options: { path: "var" } },
  });
});

test("an engine of the project's own is taken for what it extends; others say why they cannot be opened", () => {
  const own = project(
    "SESSION_ENGINE = 'shop.sessions'\nDATABASES={'default':{'ENGINE':'django.db.backends.sqlite3','NAME':'d'}}\n",
    {
      "shop/__init__.py": "",
      "shop/sessions.py":
        "from django.contrib.sessions.backends.db import SessionStore as Base\nclass SessionStore(Base):\n    pass\n",
    },
  );
  expect(read(own).project.proposals[0]).toMatchObject({ driver: "sqlite", available: true });
  const cookies = project("SESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'\n");
  expect(read(cookies).project.proposals[0]?.driver).toBe("signed_cookies");
  const memory = project("SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n");
  expect(read(memory).project.proposals[0]).toMatchObject({
    available: false,
    why: "CACHES is not set, so the cache is in the site's memory.",
  });
});

test("caches are proposed with the options their drivers take, passwords apart", () => {
  const cached = (cache: string, engine = "cache", more = "") =>
    read(
      project(
        `SESSION_ENGINE = "django.contrib.sessions.backends.${engine}"\nSESSION_CACHE_ALIAS = "s"\nCACHES = {"s": ${cache}}\n${more}`,
      ),
    );
  const redis = cached(
    `{"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "rediss://app:r3dis-pass@cache.example.org:6380/3", "KEY_PREFIX": "shop", "VERSION": 2}`,
  );
  const [proposal] = redis.project.proposals;
  expect(proposal).toMatchObject({
    driver: "redis",
    available: true,
    connection: {
      options: {
        hosts: "cache.example.org:6380",
        db: 3,
        user: "app",
        prefix: "shop",
        version: 2,
        tls: "verify-full",
      },
    },
    secrets: ["password"],
  });
  expect(redis.secrets.get("1")?.options).toEqual({ password: "r3dis-pass" });
  expect(JSON.stringify(redis.project)).not.toContain("r3dis-pass");
  const memcached = cached(
    `{"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": ["a:11211", "b:11212"], "KEY_PREFIX": "m"}`,
  );
  expect(memcached.project.proposals[0]).toMatchObject({
    driver: "memcached",
    available: true,
    connection: { options: { hosts: "a:11211,b:11212", prefix: "m" } },
  });
  const folder = cached(
    `{"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/var/tmp/cache"}`,
    "cached_db",
  );
  expect(folder.project.proposals.find(({ driver }) => driver === "file-cache")).toMatchObject({
    available: true,
    connection: { options: { path: "/var/tmp/cache", layout: "cached_db" } },
  });
  const table = cached(
    `{"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "my_cache"}`,
    "cache",
    `DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/x.sqlite3"}}\n`,
  );
  expect(table.project.proposals[0]).toMatchObject({
    driver: "sqlite-cache",
    available: true,
    connection: { options: { path: "/srv/x.sqlite3", table: "my_cache", layout: "cache" } },
  });
  const server = (engine: string) =>
    cached(
      `{"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "my_cache", "KEY_PREFIX": "shop"}`,
      "cached_db",
      `DATABASES = {"default": {"ENGINE": "django.db.backends.${engine}", "NAME": "shop", "USER": "app", "PASSWORD": "s3cret-pass", "HOST": "db.example.org"}}\n`,
    );
  const [postgres, mysql] = [server("postgresql"), server("mysql")];
  for (const [{ project: found, secrets }, name] of [
    [postgres, "postgres"],
    [mysql, "mysql"],
  ] as const) {
    const place = { host: "db.example.org", database: "shop", user: "app" };
    const options = { ...place, table: "my_cache", prefix: "shop", layout: "cached_db" };
    const cachedBy = { driver: `${name}-cache`, options };
    expect(found.proposals).toMatchObject([
      { driver: name, available: true, connection: { options: place, cachedBy } },
      { driver: name, available: true, connection: { options: place } },
      { driver: `${name}-cache`, available: true, connection: { options } },
    ]);
    expect(found.proposals[2]?.connection?.options).not.toHaveProperty("usersTable");
    const password = "s3cret-pass";
    expect(secrets.get("1")?.options).toEqual({ password, "cachedBy.password": password });
    expect(secrets.get("3")?.options).toEqual({ password });
    expect(JSON.stringify(found)).not.toContain(password);
  }
  const unnamed = cached(
    `{"BACKEND": "django.core.cache.backends.db.DatabaseCache"}`,
    "cache",
    `DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}\n`,
  );
  expect(unnamed.project.proposals[0]).toMatchObject({
    driver: "postgres-cache",
    asks: [{ option: "table", why: "LOCATION is not set." }],
  });
  for (const { project: found } of [redis, memcached, table, postgres, mysql])
    for (const one of found.proposals)
      expect(() =>
        checkedOptions({ driver: one.driver, options: one.connection?.options ?? {} }),
      ).not.toThrow();
});

test.each([
  [
    "a branch that is not known imports everything",
    'import os\nif os.environ["X"]:\n    from other import *\n',
  ],
  ["a module that is not there sets everything", "from .gone import *\n"],
  ["globals() is changed", "globals().update({'SESSION_COOKIE_AGE': 9})\n"],
  [
    "settings are classes",
    "from configurations import Configuration\nclass Dev(Configuration):\n    SESSION_COOKIE_AGE = 9\n",
  ],
])("what may be set unseen is no certainty: %s", (_, tail) => {
  const folder = project(`SESSION_COOKIE_NAME = "a"\n${tail}`, {
    "other.py": "SESSION_COOKIE_NAME = 'b'\n",
  });
  const { settings } = read(folder).project;
  const known = (name: string) => settings.find((one) => one.name === name)?.known;
  expect(known("SESSION_COOKIE_NAME")).toBe("assumed");
  expect(known("SESSION_COOKIE_AGE")).toBe("no");
});

test("a dict that may be changed is not known", () => {
  const folder = project(
    `import os
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "a"}}
CACHES = {"default": {"BACKEND": "x.Y", "LOCATION": "b"}}
if os.environ["X"]:
    DATABASES["default"].update({"NAME": "c"})
for alias in CACHES:
    CACHES[alias]["LOCATION"] = "d"
`,
  );
  const values = valuesOf(read(folder));
  expect(values["DATABASES['default']"]).toBeNull();
  expect(values["CACHES"]).toBeNull();
});
