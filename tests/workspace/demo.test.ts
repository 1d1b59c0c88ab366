import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeDemo } from "../../src/main/workspace/demo.ts";
import { project } from "../django/project.ts";
import { collect, ended, startHost, type TestHost } from "./host.ts";
import { rowsOf, sql } from "./store.ts";

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

const moment = Date.UTC(2026, 10, 20, 12);
const connection = "demo";
const count = async (filter: string): Promise<number> => {
  const events = await collect(host.client.sessions.scan({ connection, filter, limit: 5000 }));
  return events.reduce((sum, event) => sum + (event.type === "rows" ? event.rows.length : 0), 0);
};

test("opens with its keys, as about 2,000 sessions", async () => {
  const store = await host.client.connections.open({ connection });
  expect(store).toMatchObject({ locked: true, keys: { secretKey: true, fallbacks: 1 } });
  const last = (await collect(host.client.sessions.count({ connection }))).at(-1);
  expect(last?.total).toBeGreaterThan(1900);
  expect(last?.total).toBeLessThan(2100);
  expect(last?.expired).toBeGreaterThan(300);
  // Keys given by mistake are used, and none at all means its own again.
  const wrong = await host.client.connections.open({ connection, secrets: { secretKey: "x" } });
  expect(wrong.keys.fallbacks).toBe(0);
  const own = await host.client.connections.open({ connection, secrets: {} });
  expect(own.keys.fallbacks).toBe(1);
});

test("has every kind of session there is", async () => {
  await host.client.connections.open({ connection });
  for (const [filter, least] of [
    ["state:active", 1000],
    ["state:expired", 300],
    ["state:browser", 80],
    ["user:alice", 20],
    ["signature:fallback", 200],
    ["signature:invalid", 7],
    ["size:>100kb", 1],
  ] as const)
    expect(await count(filter), filter).toBeGreaterThanOrEqual(least);
  const rows = (
    await collect(host.client.sessions.scan({ connection, filter: "size:>1b", limit: 5000 }))
  ).flatMap((event) => (event.type === "rows" ? event.rows : []));
  expect(new Set(rows.map(({ encoding }) => encoding))).toEqual(
    new Set(["signed", "legacy", "unknown"]),
  );
  expect(rows.filter(({ serializer }) => serializer === "pickle")).toHaveLength(6);
  expect(rows.filter(({ problem }) => problem && problem.code !== "bad_signature")).not.toEqual([]);
  expect(rows.some(({ keys }) => keys.includes("_messages"))).toBe(true);
});

test("is the same each time, apart from the moment", () => {
  const [one, two, later] = [moment, moment, moment + 3_600_000].map((at, index) => {
    const home = join(host.folder, `demo-${index}`);
    startHost({}, home).hangUp();
    makeDemo(join(home, "home"), true, at);
    return rowsOf(join(home, "home", "demo.sqlite3"));
  });
  expect(one).toEqual(two);
  expect(later?.map(({ session_key }) => session_key)).toEqual(
    one?.map(({ session_key }) => session_key),
  );
  expect(later?.[0]?.expire_date).not.toBe(one?.[0]?.expire_date);
});

describe("to Django", () => {
  const recipe = { secretKey: "demo-current-key-of-the-demo-store-not-a-secret" };

  test("its tables are the ones migrate makes", () => {
    makeDemo(host.home, true, moment);
    const path = join(host.folder, "django.sqlite3");
    project({ database: path });
    const schema =
      "SELECT sql FROM sqlite_master WHERE tbl_name IN ('django_session', 'auth_user') AND sql IS NOT NULL ORDER BY sql";
    expect(sql(join(host.home, "demo.sqlite3"), schema)).toEqual(sql(path, schema));
  });

  test("its sessions of the current key are sessions", () => {
    makeDemo(host.home, true);
    const django = project(recipe);
    django.env.PROJECT_DATABASE = join(host.home, "demo.sqlite3");
    const counts = django.run<{ loaded: number; users: number; alice: number }>(`
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
live = Session.objects.filter(expire_date__gt=timezone.now())
def decoded_or_none(session):
    try:
        return session.get_decoded()
    except Exception:  # 3.2 lets binascii's error out for a pickle read as JSON
        return None
decoded = [decoded_or_none(s) for s in live]
result = {"loaded": sum(1 for d in decoded if d), "users": User.objects.count(),
          "alice": User.objects.get(username="alice").pk}`);
    expect(counts.loaded).toBeGreaterThan(700);
    expect(counts).toMatchObject({ users: 36, alice: 1 });
  });
});

test("is made anew on request, also after a purge", async () => {
  await host.client.connections.open({ connection });
  await host.client.connections.unlock({ connection });
  const path = join(host.home, "demo.sqlite3");
  const before = rowsOf(path).length;
  const { job } = await host.client.purge.start({ connection, cutoff: new Date().toISOString() });
  await ended(host.client, job);
  expect(rowsOf(path).length).toBeLessThan(before);
  const store = await host.client.connections.resetDemo();
  expect(store.locked).toBe(true);
  expect(rowsOf(path)).toHaveLength(before);
});

test("is not made again where it is", async () => {
  await host.client.connections.open({ connection });
  const path = join(host.home, "demo.sqlite3");
  const db = new Database(path);
  db.exec("DELETE FROM django_session");
  db.close();
  host = await host.restart();
  await host.client.connections.open({ connection });
  expect(rowsOf(path)).toEqual([]);
});
