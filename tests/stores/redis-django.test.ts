/**
 * Sessions that a real Django keeps in Redis: read, decoded, edited as the app saves a draft, and read back by Django.
 * Through django-redis with its serializers and compressors, through django-redis-sessions' and core Redis' own bytes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ReadEntries } from "../../src/main/jobs/edit-base.ts";
import { saveDraft } from "../../src/main/jobs/edit-save.ts";
import { inspectSession } from "../../src/main/jobs/inspect.ts";
import { findUserSessions } from "../../src/main/jobs/logout-find.ts";
import { readPage } from "../../src/main/jobs/page.ts";
import { scanPart } from "../../src/main/jobs/scan-part.ts";
import { redis } from "../../src/main/stores/redis.ts";
import { openContext } from "../../src/main/workspace/open-context.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { type Project, project } from "../django/project.ts";
import { djangoPython } from "../django/python.ts";
import { hasRedis, startRedis, type TestRedis } from "../servers/redis.ts";

const clients = "import redis, django_redis, msgpack, lz4.frame, zstandard";
const hasClients = spawnSync(djangoPython().python, ["-c", clients]).status === 0;

it.runIf(process.env["CI"] === "true")("has Django's clients of Redis", () => {
  expect(hasClients).toBe(true);
});

const SECRET = "the key of a Redis test";
const FILLED = `
session["_auth_user_id"] = "42"
session["cart"] = {"items": [1, 2, 3], "note": "größer " * 60}
session["n"] = 2 ** 40
session.set_expiry(86400)
`;

const serializers = {
  pickle: ["django_redis.serializers.pickle.PickleSerializer", { serializer: "pickle" }],
  json: ["django_redis.serializers.json.JSONSerializer", { serializer: "json" }],
  msgpack: ["django_redis.serializers.msgpack.MSGPackSerializer", { serializer: "msgpack" }],
} as const;
/** Debian's python3-django-redis 5.2 asks for pyzstd, which Debian does not have; gzip came with 6.0. */
const compressors = {
  none: null,
  zlib: "django_redis.compressors.zlib.ZlibCompressor",
  lz4: "django_redis.compressors.lz4.Lz4Compressor",
  lzma: "django_redis.compressors.lzma.LzmaCompressor",
} as const;

describe.runIf(hasRedis && hasClients)("Django with Redis", () => {
  let server: TestRedis;
  const folder = mkdtempSync(join(tmpdir(), "sessionscope-redis-django-"));
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const context = (query: string) =>
    openContext({
      connection: connectionSchema.parse({
        ...{ id: "redis", name: "redis", driver: "redis" },
        options: redis.options.parse(
          redis.fromUrl(new URL(`redis://127.0.0.1:${server.port}/0${query}`)),
        ),
      }),
      keys: { secretKey: SECRET, fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
      settings: filledSettings({}),
      writable: true,
      binPath: join(folder, "bin.sqlite3"),
    });

  /** Lists, finds, edits and checks the one session that is there. */
  async function edit(query: string, key: string, expected: object, loaded: () => unknown) {
    const { context: opened, close } = await context(query);
    const { store } = opened;
    const { rows, unordered } = await readPage(opened, { filter: "", order: "expires", limit: 10 });
    expect(unordered).toBe(true);
    expect(rows).toMatchObject([
      { key, user: { id: "42" }, problem: null, state: "active", ...expected },
    ]);
    const control = { signal: new AbortController().signal, whilePaused: async () => {} };
    const found = await Array.fromAsync(findUserSessions(opened, { user: "42" }, control));
    expect(found.flatMap((one) => one.found)).toEqual([key]);
    const part = {
      filter: "user:42 key:cart",
      order: "expires",
      now: await store.now(),
      endless: true,
      ids: [],
      part: { index: 0, of: 1 },
    } as const;
    const scanned = await Array.fromAsync(scanPart(opened, { ...part, ids: [] }, control));
    expect(scanned.flatMap((one) => one.rows ?? []).map((row) => row.key)).toEqual([key]);

    const detail = await inspectSession(opened, key);
    expect(detail.notEditable).toBeNull();
    expect(detail.layers.at(-1)?.problem).toBeNull();
    const text = (detail.text ?? "").replace(
      '"n": 1099511627776',
      '"n": 7, "added": ["by", "the app"]',
    );
    expect(text).not.toBe(detail.text);
    const changes = { ...opened, identity: query, signal: control.signal };
    const saved = await saveDraft(changes, new ReadEntries(), {
      ...{ key, token: detail.token, text, expiry: "keep" as const },
    });
    expect(saved.outcome).toBe("saved");
    const again = await inspectSession(opened, key);
    expect(again.row).toMatchObject(expected);
    expect(again.row.expires).toBe(detail.row.expires);
    expect(loaded()).toMatchObject({
      n: 7,
      added: ["by", "the app"],
      _auth_user_id: "42",
      cart: { items: [1, 2, 3] },
    });
    await close();
  }

  const cases = Object.keys(serializers).flatMap((serializer) =>
    Object.keys(compressors).map((compressor) => [serializer, compressor] as const),
  ) as [keyof typeof serializers, keyof typeof compressors][];

  it.each(cases)(
    "django-redis, %s, %s",
    async (serializer, compressor) => {
      await server.client.flushall();
      const [SERIALIZER, expected] = serializers[serializer];
      const COMPRESSOR = compressors[compressor];
      const django = projectWith({
        BACKEND: "django_redis.cache.RedisCache",
        LOCATION: `redis://127.0.0.1:${server.port}/0`,
        KEY_PREFIX: "shop",
        OPTIONS: { SERIALIZER, ...(COMPRESSOR && { COMPRESSOR }) },
      });
      const key = django.run<string>(
        `session = SessionStore()${FILLED}session.save()\nresult = session.session_key`,
      );
      const packed = compressor !== "none" || serializer === "msgpack";
      const encoding = packed ? "django_redis" : serializer;
      await edit(
        "?prefix=shop",
        key,
        { ...expected, encoding, compressed: compressor !== "none" },
        () => django.run("result = dict(SessionStore(given).items())", key),
      );
    },
    60_000,
  );

  const projectWith = (cache: object): Project => {
    const made = project({
      secretKey: SECRET,
      sessions: {
        SESSION_ENGINE: "django.contrib.sessions.backends.cache",
        PROJECT_CACHES: { default: cache },
      },
    });
    return made;
  };

  const script = (body: string, given: unknown = null): unknown =>
    project({ secretKey: SECRET }).run(
      `import pickle, redis\nclient = redis.Redis(port=${server.port})\n${body}`,
      given,
    );

  it("core Redis, as its documentation has it", async () => {
    await server.client.flushall();
    const key = "c".repeat(32);
    script(
      `session = {}\n${FILLED.replace("session.set_expiry(86400)", "")}\nclient.set(":1:django.contrib.sessions.cache" + given, pickle.dumps(session, pickle.HIGHEST_PROTOCOL), ex=86400)`,
      key,
    );
    await edit("", key, { encoding: "pickle", serializer: "pickle" }, () =>
      script('result = pickle.loads(client.get(":1:django.contrib.sessions.cache" + given))', key),
    );
  }, 60_000);

  // By the libraries that django-redis' own compressors of later versions call.
  it.each([
    ["zstd", "zstandard.ZstdCompressor().compress", "zstandard.ZstdDecompressor().decompress"],
    ["gzip", "gzip.compress", "gzip.decompress"],
  ])("django-redis' bytes of %s", async (name, compress, decompress) => {
    const modules = name === "zstd" ? "zstandard" : name;
    await server.client.flushall();
    const key = "z".repeat(32);
    const filled = `session = {}\n${FILLED.replace("session.set_expiry(86400)", "")}`;
    script(
      `import ${modules}\n${filled}\nclient.set(":1:django.contrib.sessions.cache" + given, ${compress}(pickle.dumps(session, 4)), px=86400123)`,
      key,
    );
    const row = { encoding: "django_redis", serializer: "pickle", compressed: true };
    await edit("", key, row, () =>
      script(
        `import ${modules}\nresult = pickle.loads(${decompress}(client.get(":1:django.contrib.sessions.cache" + given)))`,
        key,
      ),
    );
  });

  it("django-redis-sessions: signed text under a prefix", async () => {
    await server.client.flushall();
    const key = "s".repeat(32);
    const signed = `from django.contrib.sessions.backends.db import SessionStore\nsession = SessionStore()`;
    script(
      `${signed}\n${FILLED}\nclient.setex("app:" + given, 86400, session.encode(session._session))`,
      key,
    );
    const row = { encoding: "signed", serializer: "json", signature: "valid" };
    await edit("?layout=redis-sessions&prefix=app", key, row, () =>
      script(`${signed}\nresult = session.decode(client.get("app:" + given).decode())`, key),
    );
  }, 60_000);

  it("JSON under session:<key>", async () => {
    await server.client.flushall();
    const key = "j".repeat(32);
    script(
      `import json\nsession = {}\n${FILLED.replace("session.set_expiry(86400)", "")}\nclient.setex("session:" + given, 86400, json.dumps(session))`,
      key,
    );
    await edit("?layout=session", key, { encoding: "json", serializer: "json" }, () =>
      script('import json\nresult = json.loads(client.get("session:" + given))', key),
    );
    // Its separators stay.
    expect(await server.client.get(`session:${key}`)).toContain('{"_auth_user_id": "42", ');
  }, 60_000);
});
