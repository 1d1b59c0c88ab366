/**
 * Sessions that a real Django writes through its own middleware, in each kind of store: listed and decoded by the host,
 * edited, and read back by the site at its next request; then deleted, which logs its user out.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connectionSchema } from "../../src/shared/connection.ts";
import { type Project, type ProjectSettings, project } from "../django/project.ts";
import { djangoPython } from "../django/python.ts";
import { hasMysql, startMariadb } from "../servers/mariadb.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { hasRedis, startRedis, type TestRedis } from "../servers/redis.ts";
import { collect, startHost, type TestHost } from "../workspace/host.ts";
import * as mysqlPlace from "./mysql-place.ts";
import * as postgresPlace from "./postgres-place.ts";

const clients = "import redis, django_redis, pymemcache, pylibmc, psycopg2, MySQLdb";
const hasClients = spawnSync(djangoPython().python, ["-c", clients]).status === 0;
const hasServers = hasPostgres && hasMysql && hasMemcached && hasRedis && hasClients;

it.runIf(process.env["CI"] === "true")("has every server and Django's client of it", () => {
  expect(hasServers).toBe(true);
});

const SECRET = "the key of a site with middleware";
const BACKENDS = "django.contrib.sessions.backends";
const CACHE = "django.core.cache.backends";

/** A browser of the site's: one request each, by the cookies it has. */
class Browser {
  cookie = "";
  readonly django: Project;
  constructor(django: Project) {
    this.django = django;
  }
  get(path: string): { user: string | null; session: Record<string, unknown> } {
    const [answer, cookie] = this.django.run<[never, string]>(
      `
from django.test import Client
client = Client()
if given["cookie"]: client.cookies[settings.SESSION_COOKIE_NAME] = given["cookie"]
answer = client.get(given["path"])
assert answer.status_code == 200, answer.content
morsel = answer.cookies.get(settings.SESSION_COOKIE_NAME)
result = [answer.json(), morsel.value if morsel else given["cookie"]]`,
      { path, cookie: this.cookie },
    );
    this.cookie = cookie;
    return answer;
  }
}

const CART = { items: [1, 2.5, "é🍪"], total: 2 ** 40 };

describe.runIf(hasServers)("Django's middleware and", () => {
  let postgres: TestServer;
  let mariadb: TestServer;
  let memcached: TestMemcached;
  let redis: TestRedis;
  let host: TestHost;
  beforeAll(async () => {
    [postgres, mariadb, memcached, redis] = await Promise.all([
      startPostgres(),
      startMariadb(),
      startMemcached(),
      startRedis(),
    ]);
  }, 180_000);
  afterAll(() => Promise.all([postgres, mariadb, memcached, redis].map((one) => one?.close())));
  beforeEach(() => {
    host = startHost();
  });
  afterEach(() => host.close());

  const users = () => ({ database: join(host.folder, "site.sqlite3") });
  const address = ({ host, port, user, password }: TestServer, database: string) => ({
    ...{ HOST: host, PORT: port, USER: user, PASSWORD: password, NAME: database },
  });
  const sqlOptions = ({ host, port, user, password }: TestServer, database: string) => ({
    ...{ host, port, user, password, database },
  });
  const onPostgres = async () => {
    const name = await postgresPlace.newDatabase(postgres, "");
    const ENGINE = "django.db.backends.postgresql";
    const server = { ENGINE, ...address(postgres, name) };
    return { server, options: sqlOptions(postgres, name) };
  };
  const onMariadb = async () => {
    const name = await mysqlPlace.newDatabase(mariadb, "", "CHARACTER SET utf8mb4");
    const OPTIONS = { charset: "utf8mb4" };
    const server = {
      ENGINE: "django.db.backends.mysql",
      OPTIONS,
      ...address(mariadb, name),
    };
    return { server, options: sqlOptions(mariadb, name) };
  };
  const memcachedAt = () => `127.0.0.1:${memcached.port}`;

  /** The site's settings and how the app opens its store. */
  type Site = [settings: ProjectSettings, driver: string, options: object, cachedBy?: object];
  const cacheSite = (cache: object, driver: string, options: object): Site => [
    { ...users(), caches: { default: cache } },
    driver,
    options,
  ];
  const sites: Record<string, () => Promise<Site> | Site> = {
    "file folders": () => {
      const path = join(host.folder, "sessions");
      mkdirSync(path);
      return [{ ...users(), sessions: { SESSION_FILE_PATH: path } }, "file", { path }];
    },
    "db on SQLite": () => [users(), "sqlite", { path: users().database }],
    "db on PostgreSQL": async () => {
      const { server, options } = await onPostgres();
      return [{ server }, "postgres", options];
    },
    "db on MariaDB": async () => {
      const { server, options } = await onMariadb();
      return [{ server }, "mysql", options];
    },
    "cached_db on PostgreSQL and memcached": async () => {
      const { server, options } = await onPostgres();
      const BACKEND = `${CACHE}.memcached.PyMemcacheCache`;
      const cache = { BACKEND, LOCATION: memcachedAt(), KEY_PREFIX: "pg" };
      const cachedBy = {
        driver: "memcached",
        options: { hosts: memcachedAt(), prefix: "pg", layout: "cached_db" },
      };
      return [{ server, caches: { default: cache } }, "postgres", options, cachedBy];
    },
    "cached_db on MariaDB and Redis": async () => {
      const { server, options } = await onMariadb();
      const at = `127.0.0.1:${redis.port}`;
      const cache = { BACKEND: "django_redis.cache.RedisCache", LOCATION: `redis://${at}/2` };
      const cachedBy = { driver: "redis", options: { hosts: at, db: 2, layout: "cached_db" } };
      return [{ server, caches: { default: cache } }, "mysql", options, cachedBy];
    },
    "cache on FileBasedCache": () => {
      const path = join(host.folder, "cache");
      return cacheSite(
        { BACKEND: `${CACHE}.filebased.FileBasedCache`, LOCATION: path },
        "file-cache",
        {
          path,
        },
      );
    },
    "cache on DatabaseCache in SQLite": () =>
      cacheSite({ BACKEND: `${CACHE}.db.DatabaseCache`, LOCATION: "site_cache" }, "sqlite-cache", {
        path: users().database,
        table: "site_cache",
      }),
    "cache on PyMemcacheCache": () =>
      cacheSite(
        {
          BACKEND: `${CACHE}.memcached.PyMemcacheCache`,
          LOCATION: memcachedAt(),
          KEY_PREFIX: "py",
        },
        "memcached",
        { hosts: memcachedAt(), prefix: "py" },
      ),
    "cache on PyLibMCCache": () =>
      cacheSite(
        { BACKEND: `${CACHE}.memcached.PyLibMCCache`, LOCATION: memcachedAt(), VERSION: 3 },
        "memcached",
        { hosts: memcachedAt(), version: 3 },
      ),
  };
  const engineOf = (name: string): string =>
    name.startsWith("file folders") ? "file" : (name.split(" ")[0] ?? "");

  for (const [name, site] of Object.entries(sites))
    it(`${name} agree`, async () => {
      const [settings, driver, options, cachedBy] = await site();
      const django = project({
        ...settings,
        secretKey: SECRET,
        sessions: { SESSION_ENGINE: `${BACKENDS}.${engineOf(name)}`, ...settings.sessions },
      });
      django.run(`
from django.contrib.auth.models import User
from django.core.management import call_command
for name in ("alice", "bob"): User.objects.create_user(name)
if "DatabaseCache" in settings.CACHES["default"]["BACKEND"]: call_command("createcachetable", verbosity=0)`);
      const browser = new Browser(django);
      const visitor = new Browser(django);
      const entered = { user: "alice", session: { cart: CART } };
      expect(browser.get("/enter/alice")).toEqual(entered);
      expect(visitor.get("/enter/bob").user).toBe("bob");

      const { client } = host;
      const draft: Connection = connectionSchema.parse({
        ...{ id: "", name: "Shop", driver, options, ...(cachedBy && { cachedBy }) },
      });
      const secrets = { secretKey: SECRET };
      const { id: connection } = await client.connections.save({ connection: draft, secrets });
      await client.connections.open({ connection });
      const { rows } = await client.sessions.page({ connection });
      expect(rows.map(({ user }) => user?.id).sort()).toEqual(["1", "2"]);
      expect(rows.map(({ problem }) => problem)).toEqual([null, null]);
      // A cache's keys in files are hashes: the app finds a session there by the key its user knows.
      if (driver !== "file-cache")
        expect(rows.map(({ key }) => key).sort()).toEqual([browser.cookie, visitor.cookie].sort());
      if (cachedBy) expect(rows.map(({ pair }) => pair)).toEqual(["same", "same"]);
      const found = await collect(client.sessions.scan({ connection, filter: "user:1" }));
      const matches = found.flatMap((event) => (event.type === "rows" ? event.rows : []));
      expect(matches).toHaveLength(1);

      const key = browser.cookie;
      const { text, token, row } = await client.sessions.get({ connection, key });
      expect(row).toMatchObject({ user: { id: "1" }, state: "active" });
      if (!text?.includes('"total": 1099511627776')) throw new Error(text ?? "not decoded");
      await client.connections.unlock({ connection });
      const edited = text.replace("1099511627776", "7").replace("2.5", "3.0");
      const change = { connection, key, token, text: edited };
      const saved = await client.sessions.save({ ...change, expiry: "recompute" });
      expect(saved.outcome).toBe("saved");
      const cart = { items: [1, 3, "é🍪"], total: 7 };
      expect(browser.get("/show")).toEqual({ user: "alice", session: { cart } });
      expect(django.run("result = repr(SessionStore(given)['cart']['items'][1])", key)).toBe("3.0");

      const report = await client.sessions.delete({ connection, keys: [key] });
      expect(report).toMatchObject({ done: 1, skippedCount: 0 });
      expect(browser.get("/show")).toEqual({ user: null, session: {} });
      expect(visitor.get("/show").user).toBe("bob");
      const back = await client.bin.restore({ job: report.job ?? "" });
      expect(back).toMatchObject({ done: 1 });
      browser.cookie = key;
      expect(browser.get("/show")).toEqual({ user: "alice", session: { cart } });
    }, 120_000);

  it("signed cookies agree", async () => {
    const django = project({
      ...users(),
      secretKey: SECRET,
      sessions: { SESSION_ENGINE: `${BACKENDS}.signed_cookies` },
    });
    django.run(`
from django.contrib.auth.models import User
User.objects.create_user("alice")`);
    const browser = new Browser(django);
    browser.get("/enter/alice");
    const site = { secretKey: SECRET, settings: {} };
    const { cookies } = await host.client.cookies.read({
      text: `sessionid=${browser.cookie}`,
      site,
    });
    const [cookie] = cookies;
    expect(cookie).toMatchObject({
      encoding: "signed_cookies",
      signature: "valid",
      djangoSees: null,
      expired: false,
    });
    const text = cookie?.text?.replace("1099511627776", "7") ?? "";
    const signed = await host.client.cookies.sign({ text, site });
    browser.cookie = signed.value;
    expect(browser.get("/show")).toEqual({
      user: "alice",
      session: { cart: { ...CART, total: 7 } },
    });
    const forged = await host.client.cookies.sign({
      text,
      site: { secretKey: "another key", settings: {} },
    });
    browser.cookie = forged.value;
    expect(browser.get("/show")).toEqual({ user: null, session: {} });
  }, 60_000);
});
