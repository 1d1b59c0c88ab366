/** Connections to a real PostgreSQL: where a test ends, what is lost and comes back, tunnels, and secrets that go nowhere. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connectionSchema } from "../../src/shared/connection.ts";
import {
  connected,
  hasPostgres,
  PASSWORD,
  startPostgres,
  type TestServer,
} from "../servers/postgres.ts";
import { startProxy, type TestProxy } from "../servers/proxy.ts";
import { type Sshd, startSshd } from "../servers/sshd.ts";
import { dropDatabase, newDatabase } from "../stores/postgres-place.ts";
import { type Client, problemOf, startHost, type TestHost } from "./host.ts";
import { secretKey, signed } from "./store.ts";

type AppEvent =
  Awaited<ReturnType<Client["app"]["events"]>> extends AsyncIterable<infer Event> ? Event : never;

describe.skipIf(!hasPostgres)("a server's connection", () => {
  let server: TestServer;
  let proxy: TestProxy;
  let sshd: Sshd;
  let database: string;
  let host: TestHost;

  beforeAll(async () => {
    server = await startPostgres();
    proxy = await startProxy(server.port, server.host);
    sshd = await startSshd();
    database = await newDatabase(server);
    const client = await connected(server, database);
    for (const key of ["a", "b", "c"])
      await client.query("INSERT INTO django_session VALUES ($1, $2, now() + interval '7 days')", [
        key.repeat(32),
        signed('{"n":1}'),
      ]);
    await client.end();
    writeFileSync(join(sshd.home, ".ssh", "known_hosts"), sshd.hostLine("ed25519"));
  }, 120_000);
  afterAll(async () => {
    await proxy.close();
    await sshd.close();
    await dropDatabase(server, database);
    await server.close();
  });
  beforeEach(() => {
    host = startHost({
      reconnectDelays: [50],
      lookMs: 0,
      env: { HOME: sshd.home, SITE_PASSWORD: PASSWORD },
    });
  });
  afterEach(async () => {
    Object.assign(proxy, { refuse: false, hold: false, delay: 0 });
    await host.close();
  });

  const draft = (options: object = {}, more: object = {}): Connection =>
    connectionSchema.parse({
      id: "",
      name: "Shop",
      driver: "postgres",
      options: {
        host: server.host,
        port: server.port,
        user: server.user,
        password: PASSWORD,
        database,
        usersTable: "",
        ...options,
      },
      ...more,
    });

  const failing = async (options: object) => {
    const { steps, ok } = await host.client.connections.test({
      connection: draft(options),
      secrets: {},
    });
    expect(ok).toBe(false);
    const last = steps.at(-1);
    expect(last).toMatchObject({ level: "failed", problem: { code: expect.any(String) } });
    for (const step of steps.slice(0, -1)) expect(step.level).toBe("ok");
    return steps.map(({ step }) => step);
  };

  test("is tested step by step, and the failing step is named", async () => {
    const all = ["lookup", "tcp", "tls", "authentication", "database", "table"];
    const passed = await host.client.connections.test({
      connection: draft(),
      secrets: { secretKey },
    });
    expect(passed.steps.map(({ step }) => step).filter((step) => step !== null)).toEqual([
      ...all,
      "key",
    ]);
    expect(passed.steps.at(-1)?.text).toContain("3 of 3 sampled signatures fit");
    expect(await failing({ host: "no-such-host.invalid" })).toEqual(["lookup"]);
    expect(await failing({ port: 1 })).toEqual(["lookup", "tcp"]);
    expect(await failing({ password: "wrong-password-1" })).toEqual(all.slice(0, 4));
    expect(await failing({ database: "no_such_database" })).toEqual(all.slice(0, 5));
    expect(await failing({ table: "no_such_table" })).toEqual(all);
  });

  test("takes its password from the environment, from what was saved, or is refused", async () => {
    const { client } = host;
    const named = await client.connections.save({
      connection: draft({ password: "", passwordEnv: "SITE_PASSWORD" }),
    });
    await client.connections.open({ connection: named.id });
    const bare = await client.connections.save({ connection: draft({ password: "" }) });
    expect(
      (await problemOf(client.connections.open({ connection: bare.id }))).detail,
    ).toMatchObject({ step: "authentication" });
    await client.connections.open({
      connection: bare.id,
      secrets: { options: { password: PASSWORD } },
    });
    const held = await client.connections.save({ connection: draft(), secrets: { secretKey } });
    expect(held.options).not.toHaveProperty("password");
    expect((await client.connections.open({ connection: held.id })).keys.secretKey).toBe(true);
    const listed = (await client.connections.list()).map(({ remembered }) => remembered);
    expect(listed).toEqual(["no", "no", "no", "memory"]);
    // A new password counts more than the one it was opened with, also while it is open.
    await client.connections.save({
      connection: { ...held, options: { ...held.options, password: "wrong-now-1" } },
    });
    expect(
      (await problemOf(client.connections.open({ connection: held.id }))).detail,
    ).toMatchObject({
      step: "authentication",
    });
    await client.connections.save({
      connection: held,
      secrets: { options: { password: PASSWORD } },
    });
    expect((await client.connections.open({ connection: held.id })).keys.secretKey).toBe(true);
    await client.connections.close({ connection: held.id });
    await client.connections.save({ connection: held, forget: true });
    expect(
      (await problemOf(client.connections.open({ connection: held.id }))).detail,
    ).toMatchObject({ step: "authentication" });
  });

  async function eventsUntil(
    found: (event: AppEvent) => boolean,
    act: () => Promise<unknown>,
  ): Promise<AppEvent[]> {
    const stop = new AbortController();
    const events = await host.client.app.events(undefined, { signal: stop.signal });
    const seen: AppEvent[] = [];
    let acting: Promise<unknown> | null = null;
    for await (const event of events) {
      if (event.type === "hello") acting = act();
      seen.push(event);
      if (found(event)) break;
    }
    await acting;
    stop.abort();
    return seen;
  }

  test("that drops is said, tried again, and reads resume", async () => {
    const { client } = host;
    const saved = await client.connections.save({ connection: draft({ port: proxy.port }) });
    const { id } = saved;
    await client.connections.open({ connection: id });
    // Dropped while idle: the next read makes a new one and nobody notices.
    proxy.cut();
    expect((await client.sessions.page({ connection: id })).rows).toHaveLength(3);
    const lost = await eventsUntil(
      (event) => event.type === "connection" && event.state === "lost" && event.attempt > 1,
      async () => {
        proxy.refuse = true;
        proxy.cut();
        expect((await problemOf(client.sessions.page({ connection: id }))).code).toBe("store_gone");
      },
    );
    expect(lost.at(-1)).toMatchObject({
      connection: id,
      nextAt: expect.stringMatching(/Z$/),
      problem: { message: expect.any(String) },
    });
    expect(await client.connections.reconnect({ connection: id })).toEqual({ back: false });
    await eventsUntil(
      (event) => event.type === "connection" && event.state === "back",
      async () => {
        proxy.refuse = false;
      },
    );
    expect((await client.sessions.page({ connection: id })).rows).toHaveLength(3);
    expect(await client.connections.reconnect({ connection: id })).toEqual({ back: true });
  });

  test("leads through an SSH tunnel, also for scans in workers, and is another place", async () => {
    const { client } = host;
    const tunnel = { host: sshd.host, port: sshd.port, user: sshd.user };
    const connection = draft({}, { tunnel });
    const tested = await client.connections.test({ connection, secrets: {} });
    expect(tested.steps.filter(({ level }) => level === "failed")).toEqual([]);
    expect(tested.steps[0]).toMatchObject({ step: "ssh", level: "ok" });
    const { id, options } = await client.connections.save({ connection });
    expect(options).toMatchObject({ host: server.host, port: server.port });
    const store = await client.connections.open({ connection: id });
    expect(store.connection.options).toMatchObject({ port: server.port });
    let matched = 0;
    for await (const event of await client.sessions.scan({ connection: id, filter: "size:>1" }))
      if (event.type === "rows") matched += event.rows.length;
    expect(matched).toBe(3);
    const unknown = await client.connections.test({
      connection: {
        ...connection,
        tunnel: {
          ...connection.tunnel,
          ...tunnel,
          port: 1,
          method: "auto",
          keyPath: "",
          passwordEnv: "",
          passphraseEnv: "",
        },
      },
      secrets: {},
    });
    expect(unknown.steps.at(-1)).toMatchObject({ step: "ssh", level: "failed" });
  });

  test("shows no secret: not on the disk, in answers, events, problems or logs", async () => {
    const { client } = host;
    const planted = [
      PASSWORD,
      "typed-pass-1",
      "typed-pass-2",
      "planted-key-3",
      "planted-old-4",
      "planted-ssh-5",
      "planted-phrase-6",
      "url-pass-7",
    ];
    const said: unknown[] = [];
    const logged: unknown[] = [];
    const original = console.error;
    console.error = (...texts: unknown[]) => logged.push(texts);
    const stop = new AbortController();
    const events = await client.app.events(undefined, { signal: stop.signal });
    const listening = (async () => {
      for await (const event of events) said.push(event);
    })().catch(() => {});
    const note = (call: Promise<unknown>) =>
      call.then(
        (answer) => said.push(answer),
        async (error: unknown) =>
          said.push(String(error), await problemOf(Promise.reject(error)).catch(() => null)),
      );
    const secrets = {
      secretKey: "planted-key-3",
      fallbacks: ["planted-old-4"],
      options: { password: "typed-pass-2" },
      tunnel: { password: "planted-ssh-5", passphrase: "planted-phrase-6" },
    };
    try {
      const good = await client.connections.save({
        connection: draft(),
        secrets: { secretKey: "planted-key-3", fallbacks: ["planted-old-4"] },
      });
      said.push(good);
      await note(client.connections.open({ connection: good.id }));
      await note(client.connections.unlock({ connection: good.id }));
      await note(client.sessions.page({ connection: good.id }));
      await note(client.sessions.delete({ connection: good.id, keys: ["c".repeat(32)] }));
      await note(
        client.connections.test({ connection: draft({ password: "typed-pass-1" }), secrets }),
      );
      await note(
        client.connections.test({ connection: draft({ table: "typed-pass-2" }), secrets }),
      );
      await note(
        client.connections.save({
          connection: draft({ password: "typed-pass-1" }),
          secrets,
          remember: true,
        }),
      );
      await note(
        client.connections.openTarget({
          target: `postgres://scope:url-pass-7@${server.host}:${server.port}/${database}`,
        }),
      );
      await note(client.connections.openTarget({ target: "nothing://user:url-pass-7@host/x" }));
      await note(
        client.connections.openTarget({
          target: `postgres://scope:${encodeURIComponent(PASSWORD)}@${server.host}:${server.port}/${database}?userstable=`,
        }),
      );
      await note(client.connections.open({ connection: good.id, secrets }));
      await note(client.connections.list());
      await note(client.bin.jobs({}));
      await note(client.app.info());
    } finally {
      stop.abort();
      await listening;
      console.error = original;
    }
    const shown = JSON.stringify([said, logged]);
    for (const secret of planted) {
      expect(shown, secret).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(shown, secret).not.toContain(encodeURIComponent(secret));
    }
    expect(said.length).toBeGreaterThan(14);
    for (const name of readdirSync(host.home, { recursive: true, encoding: "utf8" })) {
      const path = join(host.home, name);
      if (!statSync(path).isFile()) continue;
      const bytes = readFileSync(path, "latin1");
      for (const secret of planted)
        expect(bytes.includes(secret), `${secret} in ${name}`).toBe(false);
    }
  });
});
