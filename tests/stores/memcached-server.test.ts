/** Memcached beside real Django: what pymemcache and pylibmc wrote is listed, edited and read back; and what goes wrong. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { isDict, type PyDict, type PyValue } from "../../src/main/python/value.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { memcached } from "../../src/main/stores/memcached.ts";
import { project } from "../django/project.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { startProxy } from "../servers/proxy.ts";
import { codeOf } from "./conformance.ts";
import { keyIn, openMemcached } from "./memcached-place.ts";

const suite = hasMemcached || process.env["CI"] === "true" ? describe : describe.skip;
const month = 30 * 86_400;

const dictOf = (data: string | Uint8Array | null | undefined): PyDict => {
  const { value } = readStored(data ?? "", {});
  if (!isDict(value)) throw new Error("no dict");
  return value;
};

const changed = (data: string | Uint8Array, key: string, value: PyValue): string | Uint8Array => {
  const reading = readStored(data, {});
  const { encoding, serializer, protocol, cache } = reading;
  const dict = new Map(dictOf(data));
  dict.set(key, value);
  return writeStored(dict, {
    encoding,
    serializer: serializer ?? "pickle",
    protocol,
    cache,
    now: 0n,
  });
};

suite("memcached", () => {
  const servers: TestMemcached[] = [];
  const opened: Store[] = [];
  const server = async (args: string[] = []): Promise<TestMemcached> => {
    const made = await startMemcached(args);
    servers.push(made);
    return made;
  };
  const open = async (...given: Parameters<typeof openMemcached>): Promise<Store> => {
    const store = await openMemcached(...given);
    opened.push(store);
    return store;
  };
  let one: TestMemcached;
  beforeEach(async () => {
    one = await server();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    for (const each of servers.splice(0)) await each.close();
  });

  const site = (backend: string, more: Record<string, unknown> = {}) =>
    project({
      sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
      caches: {
        default: {
          BACKEND: `django.core.cache.backends.memcached.${backend}`,
          LOCATION: servers.map(({ port }) => `127.0.0.1:${port}`),
          ...more,
        },
      },
    });

  for (const backend of ["PyMemcacheCache", "PyLibMCCache"])
    it(`lists, edits and gives back what ${backend} holds, under a prefix and version`, async () => {
      const django = site(backend, { KEY_PREFIX: "shop", VERSION: 3 });
      const made = django.run<Record<string, string>>(
        `
result = {}
for name, age in given.items():
    session = SessionStore()
    session["name"] = name
    session["cart"] = {"items": (1, 2.5, "é")}
    session.set_expiry(age)
    session.save()
    result[name] = session.session_key
from django.core.cache import cache
cache.set("something-else", 1)
`,
        { hour: 3600, month: month, longer: month + 1, year: 365 * 86_400 },
      );
      const store = await open([one], true, { prefix: "shop", version: 3 });
      const now = Date.parse(await store.now()) / 1000;
      const page = await store.page({ order: "expires", limit: 10, maxData: 10_000 });
      expect(page.map(({ key }) => key)).toEqual(
        ["hour", "month", "longer", "year"].map((name) => made[name]),
      );
      const left = page.map(({ expires }) => Date.parse(expires ?? "") / 1000 - now);
      for (const [index, age] of [3600, month, month + 1, 365 * 86_400].entries()) {
        // Beyond 30 days the client sends a time of its own clock; the server's ticks once a second, and lags.
        expect(left[index]).toBeLessThanOrEqual(age > month ? age + 1 : age);
        expect(left[index]).toBeGreaterThan(age - 60);
      }
      for (const { key, data, expires, token } of page) {
        expect(dictOf(data).get("name")).toBe(Object.keys(made).find((name) => made[name] === key));
        const written = await store.write({
          key,
          data: changed(data ?? "", "edited", true),
          expires: null,
          expected: token,
        });
        expect(written.outcome).toBe("done");
        const after = await store.get(key, 10_000);
        expect(after).toMatchObject({ expires });
        expect(written).toEqual({ outcome: "done", token: after?.token });
      }
      const longer = await store.get(made["longer"] ?? "", 10_000);
      const farther = "2030-01-01T00:00:00.000000Z";
      await store.setExpiry?.(made["longer"] ?? "", farther, longer?.token ?? "");
      expect(await store.get(made["longer"] ?? "", 10_000)).toMatchObject({ expires: farther });
      const month1 = await store.get(made["month"] ?? "", 10_000);
      expect((await store.delete(made["month"] ?? "", month1?.token ?? "")).outcome).toBe("done");
      expect(await store.count({})).toBe(3);
      const read = django.run<Record<string, unknown>>(
        `result = {name: {k: (list(v["items"]) if k == "cart" else v) for k, v in SessionStore(key).items()} for name, key in given.items()}`,
        made,
      );
      const whole = (name: string) => ({
        name,
        cart: [1, 2.5, "é"],
        _session_expiry: { hour: 3600, month, longer: month + 1, year: 365 * 86_400 }[name],
        edited: true,
      });
      expect(read).toEqual({
        hour: whole("hour"),
        month: {},
        longer: whole("longer"),
        year: whole("year"),
      });
    });

  it("keeps the flags of what it changes, and sets pickle's for what it puts back", async () => {
    const pickle = Buffer.from("gAV9lC4=", "base64");
    await one.say(`set ${keyIn("flagged")} 77 0 1\r\nx\r\n`, 1);
    const store = await open([one], true);
    const before = await store.get("flagged", 100);
    expect(before).toMatchObject({ data: "x", expires: null });
    await store.write({ key: "flagged", data: "yy", expires: null, expected: before?.token ?? "" });
    expect(await one.say(`mg ${keyIn("flagged")} f v\r\n`, 2)).toEqual(["VA 2 f77", "yy"]);
    const expires = "2030-01-01T00:00:00.000000Z";
    await store.write({ key: "restored", data: pickle, expires, expected: null });
    expect(await one.say(`mg ${keyIn("restored")} f s\r\n`, 1)).toEqual(["HD f1 s5"]);
  });

  it("purges sessions without an expiry, and only those, where asked for", async () => {
    for (const key of ["never1", "never2"]) await one.say(`set ${keyIn(key)} 1 0 4\r\ndata\r\n`, 1);
    await one.say(`set ${keyIn("dated")} 1 ${month} 4\r\ndata\r\n`, 1);
    const store = await open([one], true);
    const counts = [];
    for await (const counted of store.purgeCount?.("2020-01-01T00:00:00Z") ?? [])
      counts.push(counted);
    expect(counts.at(-1)).toMatchObject({ count: 0, neverRemoved: { count: 2, bytes: 8 } });
    const cutoff = await store.now();
    expect(await store.purgeBatch?.({ cutoff, limit: 9 })).toMatchObject({ deleted: 0 });
    const kept: string[] = [];
    const batch = await store.purgeBatch?.({
      cutoff,
      limit: 9,
      includeNeverRemoved: true,
      keep: (entries) => kept.push(...entries.map(({ key }) => key)),
    });
    expect(batch).toMatchObject({ deleted: 2, bytes: 8, finished: true });
    expect(kept.sort()).toEqual(["never1", "never2"]);
    expect(await store.count({})).toBe(1);
  });

  it("asks all of several servers, and says that new sessions have no known place", async () => {
    await server();
    const django = site("PyMemcacheCache");
    const keys = django.run<string[]>(`
result = []
for index in range(40):
    session = SessionStore()
    session["n"] = index
    session.save()
    result.append(session.session_key)
`);
    const store = await open(servers, true);
    expect((await store.page({ order: "-expires", limit: 99, maxData: 999 })).length).toBe(40);
    const alone = await Promise.all(servers.map((each) => open([each])));
    const shares = await Promise.all(alone.map((each) => each.count({})));
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(40);
    for (const key of keys) {
      const entry = await store.get(key, 999);
      const data = changed(entry?.data ?? "", "edited", true);
      const expected = entry?.token ?? "";
      expect((await store.write({ key, data, expires: null, expected })).outcome).toBe("done");
    }
    expect(django.run(`result = sum(SessionStore(key)["edited"] for key in given)`, keys)).toBe(40);
    const fresh = { key: "n".repeat(32), data: "x", expires: null, expected: null };
    expect(await codeOf(() => store.write(fresh))).toBe("unsupported");
  });

  for (const [backend, client] of [
    ["PyMemcacheCache", "pymemcache"],
    ["PyLibMCCache", "pylibmc"],
  ] as const)
    it(`puts new sessions on the server where ${backend} looks for them`, async () => {
      await server();
      await server();
      const django = site(backend);
      const keys = django.run<string[]>(`
result = []
for index in range(60):
    session = SessionStore()
    session["n"] = index
    session.save()
    result.append(session.session_key)
`);
      const store = await open(servers, true, { client });
      const alone = await Promise.all(servers.map((each) => open([each])));
      const shares = () => Promise.all(alone.map((each) => each.count({})));
      const before = await shares();
      expect(before.every((share) => share > 0)).toBe(true);
      for (const key of keys) {
        const entry = await store.get(key, 999);
        expect((await store.delete(key, entry?.token ?? "")).outcome).toBe("done");
        const again = { key, data: entry?.data ?? "", expires: entry?.expires ?? null };
        expect((await store.write({ ...again, expected: null })).outcome).toBe("done");
      }
      expect(await shares()).toEqual(before);
      expect(django.run(`result = [SessionStore(key).get("n") for key in given]`, keys)).toEqual(
        keys.map((_, index) => index),
      );
    });

  it("says why a server lists no keys, and works by key all the same", async () => {
    const mute = await server(["-X"]);
    await mute.say(`set ${keyIn("a".repeat(32))} 16 ${month} 4\r\ndata\r\n`, 1);
    const store = await open([mute]);
    expect(store.capabilities.partial).toMatch(/lists no keys: .*not allowed/);
    expect(await store.page({ order: "expires", limit: 9, maxData: 9 })).toEqual([]);
    expect(await store.get("a".repeat(32), 9)).toMatchObject({ data: "data" });
  });

  it("reaches a server that came back, and tells one that is silent from one that is gone", async () => {
    const proxy = await startProxy(one.port);
    const store = await open([proxy], false, { commandTimeout: 1 });
    expect(await store.count({})).toBe(0);
    proxy.hold = true;
    expect(await codeOf(() => store.get("k", 9))).toBe("store_gone");
    proxy.hold = false;
    expect(await store.get("k", 9)).toBeNull();
    proxy.cut();
    await one.stop();
    expect(await codeOf(() => store.count({}))).toBe("store_gone");
    await one.restart();
    expect(await store.count({})).toBe(0);
    proxy.delay = 30;
    expect(await store.count({})).toBe(0);
    await proxy.close();
    expect(await codeOf(() => openMemcached([proxy]))).toBe("cannot_open");
    expect(await codeOf(() => openMemcached([one], false, { hosts: "nowhere.invalid" }))).toBe(
      "cannot_open",
    );
  });

  it("refuses keys that memcached does not take, and values above its limit", async () => {
    const store = await open([one], true);
    for (const key of ["a b", "a\nb", "x".repeat(250)])
      expect(await codeOf(() => store.get(key, 9))).toBe("bad_key");
    const huge = { key: "huge", data: "x".repeat(2_000_000), expires: null, expected: null };
    expect(await codeOf(() => store.write(huge))).toBe("too_large");
    expect(await store.get("huge", 9)).toBeNull();
  });

  it("knows a place by its servers and keys, whatever the URL says besides", () => {
    const parsed = (url: string) => memcached.options.parse(memcached.fromUrl(new URL(url)));
    const first = parsed("memcached://LOCALHOST:11211?prefix=a");
    expect(memcached.identity(first)).toBe(
      memcached.identity(parsed("memcached://localhost?key_prefix=a&commandTimeout=3")),
    );
    expect(memcached.identity(first)).not.toBe(memcached.identity(parsed("memcached://localhost")));
    expect(parsed("memcached://h?hosts=b:1,a:2")).toMatchObject({ hosts: "b:1,a:2" });
    expect(parsed("memcached:///run/m.sock")).toMatchObject({ hosts: "/run/m.sock" });
    expect(() => parsed("memcached://localhost?colour=red")).toThrow(/no parameter colour/);
  });
});
