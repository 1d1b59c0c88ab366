/**
 * Passwords and keys planted in the ways of every driver, good and failing, through the host and the command line: nothing
 * that leaves shows one. Looked through: answers, events, problems, the log, standard output and error, every file of the
 * app's folder (saved connections, recycle bin).
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { safe } from "@orpc/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionSchema } from "../../src/shared/connection.ts";
import { shell } from "../cli/run.ts";
import { hasMysql, startMariadb } from "../servers/mariadb.ts";
import { hasMemcached, startMemcached } from "../servers/memcached.ts";
import { hasPostgres, PASSWORD, startPostgres, type TestServer } from "../servers/postgres.ts";
import { hasRedis, startRedis } from "../servers/redis.ts";
import * as mysqlPlace from "../stores/mysql-place.ts";
import * as postgresPlace from "../stores/postgres-place.ts";
import { startHost } from "./host.ts";
import { folderWith, manage } from "./project/oracle.ts";
import { keyOf, makeDatabase, signed } from "./store.ts";

const WRONG = "Pl4nted/wr0ng p@ss%'x";
const RIGHT = "Pl4nted-r1ght/p@ss%x";
const KEY = 'pl4nted secret key: ä"b\\c';
const OLD = "pl4nted old key";
const planted = [WRONG, RIGHT, PASSWORD, KEY, OLD];

/** A secret in the forms it may take on its way out. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  encodeURI(secret),
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("hex"),
];

function assertHidden(text: string, where: string): void {
  for (const secret of planted)
    for (const form of formsOf(secret))
      expect(text.includes(form), `${JSON.stringify(secret)} in ${where}`).toBe(false);
}

function assertFolderHidden(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) assertHidden(readFileSync(path, "utf8"), path);
  }
}

interface Way {
  driver: string;
  /** Options that open it, and what fails laid over them. */
  options: Record<string, unknown>;
  failing: Record<string, unknown>[];
  cachedBy?: { driver: string; options: Record<string, unknown> };
  /** URLs as typed: the first opens. */
  urls: string[];
}

const auth = (user: string, password: string) => `${user}:${encodeURIComponent(password)}`;

function sqlWay(driver: string, scheme: string, server: TestServer, database: string): Way {
  const { host, port, user, password } = server;
  const at = `${host}:${port}`;
  return {
    driver,
    options: { host, port, user, password, database, usersTable: "" },
    failing: [
      { password: WRONG },
      { host: "nowhere.invalid" },
      { port: 1 },
      { database: "no_such" },
      { table: "no_such" },
      { user: WRONG },
      // Typed into the wrong field.
      { database: WRONG },
      { host: WRONG },
      { tls: "verify-full", tlsCa: "/no/such/ca.pem" },
      { tls: "verify-ca" },
    ],
    urls: [
      `${scheme}://${auth(user, password)}@${at}/${database}?userstable=`,
      `${scheme}://${auth(user, WRONG)}@${at}/${database}`,
      `${scheme}://${auth(user, password)}@nowhere.invalid/${database}`,
      `${scheme}://${auth(user, password)}@${at}/no_such`,
      `${scheme}://${auth(user, password)}@${at}/${database}?table=no_such`,
      `${scheme}://${auth(user, password)}@${at}/${database}?sslrootcrt=x`,
      `${scheme}://${user}:${WRONG}@${at}/${database}`,
      `${scheme}://${auth(user, password)}@[::bad/${database}`,
    ],
  };
}

describe("secrets", () => {
  const closing: (() => Promise<unknown> | unknown)[] = [];
  const ways: Record<string, () => Promise<Way> | Way> = {};
  let folder = "";
  beforeAll(() => {
    folder = shellFolder();
  });
  const shells: ReturnType<typeof shell>[] = [];
  const shellFolder = () => {
    const made = shell({});
    shells.push(made);
    return made.folder;
  };
  afterAll(async () => {
    for (const close of closing) await close();
    for (const one of shells) one.close();
  });

  if (hasPostgres)
    ways["postgres"] = async () => {
      const server = await startPostgres();
      closing.push(() => server.close());
      return sqlWay("postgres", "postgres", server, await postgresPlace.newDatabase(server));
    };
  if (hasMysql)
    ways["mysql"] = async () => {
      const server = await startMariadb();
      closing.push(() => server.close());
      return sqlWay("mysql", "mysql", server, await mysqlPlace.newDatabase(server));
    };
  if (hasRedis)
    ways["redis"] = async () => {
      const server = await startRedis();
      closing.push(() => server.close());
      await server.client.config("SET", "requirepass", RIGHT);
      const at = `127.0.0.1:${server.port}`;
      const password = encodeURIComponent(RIGHT);
      return {
        driver: "redis",
        options: { hosts: at, password: RIGHT },
        failing: [
          { password: WRONG },
          { user: WRONG, password: WRONG },
          { hosts: "nowhere.invalid:1" },
          { mode: "sentinel", masterName: "m", sentinelPassword: WRONG },
          { mode: "cluster" },
          { tls: "verify-full" },
          { db: 99 },
          { hosts: WRONG },
        ],
        urls: [
          `redis://:${password}@${at}/0`,
          `redis://:${encodeURIComponent(WRONG)}@${at}/0`,
          `rediss://:${password}@${at}/0`,
          `redis://:${password}@${at}/0?db=x`,
          `redis+sentinel://:${password}@${at}/m/0`,
          `redis://:${password}@nowhere.invalid/0`,
        ],
      };
    };
  if (hasMemcached)
    ways["memcached"] = async () => {
      const file = join(folder, "auth");
      writeFileSync(file, `shop:${RIGHT}\n`);
      const server = await startMemcached(["-Y", file]);
      closing.push(() => server.close());
      const at = `127.0.0.1:${server.port}`;
      return {
        driver: "memcached",
        options: { hosts: at, user: "shop", password: RIGHT },
        failing: [
          { password: WRONG },
          { hosts: "nowhere.invalid" },
          { hosts: WRONG },
          { user: WRONG },
        ],
        urls: [
          `memcached://shop:${encodeURIComponent(RIGHT)}@${at}`,
          `memcached://shop:${encodeURIComponent(WRONG)}@${at}`,
          `memcached://shop:${encodeURIComponent(RIGHT)}@${at}?colour=red`,
        ],
      };
    };
  ways["sqlite"] = () => {
    const path = join(folder, "db.sqlite3");
    makeDatabase(path, [{ key: keyOf("a") }, { key: keyOf("b"), days: -1 }]);
    const failing = [{ path: join(folder, "gone") }, { table: "no_such" }, { path: folder }];
    const urls = [
      `sqlite://${path}`,
      `sqlite://${path}?table=no`,
      `sqlite://user:${encodeURIComponent(WRONG)}@host${path}`,
    ];
    return { driver: "sqlite", options: { path }, failing, urls };
  };
  ways["file"] = () => {
    const path = join(folder, "sessions");
    mkdirSync(path);
    writeFileSync(join(path, `sessionid${keyOf("f")}`), signed('{"a":1}', KEY));
    return {
      driver: "file",
      options: { path },
      failing: [{ path: join(folder, "gone") }],
      urls: [`file://${path}`, `file://user:${encodeURIComponent(WRONG)}@host${path}`],
    };
  };

  for (const name of ["postgres", "mysql", "redis", "memcached", "sqlite", "file"])
    test.runIf(ways[name])(
      `of ${name} go nowhere: host and command line`,
      async () => {
        const make = ways[name];
        if (!make) return;
        const way = await make();
        const host = startHost({ reconnectDelays: [20], lookMs: 0 });
        const { client } = host;
        const said: unknown[] = [];
        const original = console.error;
        console.error = (...texts: unknown[]) => said.push(texts.map(String));
        const stop = new AbortController();
        const events = await client.app.events(undefined, { signal: stop.signal });
        const listening = (async () => {
          for await (const event of events) said.push(event);
        })().catch(() => {});
        const note = async <Answer>(call: Promise<Answer>): Promise<Answer | null> => {
          const [error, answer] = await safe(call);
          if (error) {
            const data = "data" in error ? error.data : null;
            said.push([String(error), error.stack, data]);
            return null;
          }
          said.push(answer);
          return answer ?? null;
        };
        const secrets = { secretKey: KEY, fallbacks: [OLD] };
        const draft = (more: Record<string, unknown>) =>
          connectionSchema.parse({
            ...{ id: "", name: "Shop", driver: way.driver, options: { ...way.options, ...more } },
          });
        let opened = 0;
        try {
          for (const more of [{}, ...way.failing]) {
            await note(client.connections.test({ connection: draft(more), secrets }));
            // A secret typed where none belongs is saved there: that is not the app's doing.
            if (JSON.stringify({ ...more, password: "", sentinelPassword: "" }).includes("nted"))
              continue;
            const saved = await note(client.connections.save({ connection: draft(more), secrets }));
            if (!saved) continue;
            const connection = saved.id;
            const store = await note(client.connections.open({ connection, secrets }));
            if (!store) continue;
            opened += 1;
            await note(client.connections.unlock({ connection }));
            const page = await note(client.sessions.page({ connection }));
            const key = page?.rows[0]?.key ?? keyOf("x");
            await note(client.sessions.get({ connection, key }));
            await note(
              client.sessions.save({
                connection,
                key,
                token: "",
                text: '{"n": 1}',
                expiry: "keep",
              }),
            );
            await note(
              client.sessions.save({ connection, key, token: "x", text: "{", expiry: "keep" }),
            );
            await note(client.sessions.delete({ connection, keys: [key] }));
            const preview = await client.purge.preview({ connection }).catch(() => null);
            if (preview) for await (const event of preview) said.push(event);
            await note(client.bin.history({ connection, key }));
          }
          for (const target of way.urls)
            await note(client.connections.openTarget({ target, secrets }));
          for (const call of [
            client.connections.list(),
            client.bin.jobs({}),
            client.app.info(),
            client.jobs.list({}),
          ])
            await note(call as Promise<unknown>);
        } finally {
          stop.abort();
          await listening;
          console.error = original;
        }
        expect(opened).toBeGreaterThan(0);
        expect(said.length).toBeGreaterThan(way.failing.length);
        assertHidden(JSON.stringify(said), `what the host said of ${name}`);
        assertFolderHidden(host.home);
        await host.close();

        const cli = shell({
          SITE_KEY: KEY,
          DJANGO_SECRET_KEY: KEY,
          DJANGO_SECRET_KEY_FALLBACKS: JSON.stringify([OLD]),
        });
        shells.push(cli);
        let printed = 0;
        for (const [index, url] of way.urls.entries()) {
          const lists = await cli.run(["ls", url, "--json"]);
          const purges = index < 2 ? await cli.run(["purge", url, "--dry-run"]) : lists;
          expect([url, lists.status]).toEqual([url, index === 0 ? 0 : 1]);
          for (const { stdout, stderr } of [lists, purges]) {
            printed += stdout.length + stderr.length;
            assertHidden(stdout + stderr, `the command line, ${name}`);
          }
        }
        expect(printed).toBeGreaterThan(50);
        assertFolderHidden(join(cli.folder, "home"));
      },
      240_000,
    );

  test("of a project and of signed cookies go nowhere", async () => {
    const host = startHost();
    const { client } = host;
    const project = folderWith({
      "manage.py": manage("shop.settings"),
      "shop/__init__.py": "",
      "shop/settings.py": `import os
SECRET_KEY = ${JSON.stringify(KEY)}
SECRET_KEY_FALLBACKS = [${JSON.stringify(OLD)}]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "nowhere.invalid",
  "USER": "u", "PASSWORD": ${JSON.stringify(WRONG)}, "OPTIONS": {"passfile": "x", "sslpassword": ${JSON.stringify(RIGHT)}}}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache",
  "LOCATION": "redis://u:${encodeURIComponent(RIGHT)}@nowhere.invalid:6379/0"}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
OTHER = undefined_name(SECRET_KEY)
SESSION_COOKIE_NAME = SECRET_KEY + unknown
SESSION_COOKIE_AGE = int(SECRET_KEY)
`,
    });
    const said: unknown[] = [];
    const read = await client.project.read({ path: project });
    said.push(read);
    for (const { id } of read.proposals) {
      const [error] = await safe(client.project.open({ project: read.handle, proposal: id }));
      said.push([String(error), error && "data" in error ? error.data : null]);
    }
    const site = { secretKey: KEY, fallbacks: [OLD], settings: {} };
    for (const text of ["sessionid=no:cookie:at-all", "x", '"']) {
      const [error, answer] = await safe(client.cookies.read({ text, site }));
      said.push([String(error), answer]);
    }
    said.push(await client.cookies.sign({ text: '{"a": 1}', site }));
    assertHidden(JSON.stringify(said), "a project's answers");
    assertFolderHidden(host.home);
    await host.close();
  });
});
