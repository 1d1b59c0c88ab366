/** A SQL server beside real Django: what it writes is read, what the driver writes it loads, for USE_TZ on and off. */

import { safe } from "@orpc/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/main/stores/driver.ts";
import { type Project, project } from "../django/project.ts";
import { collect, ended, startHost } from "../workspace/host.ts";
import type { OpenWith } from "./places.ts";

const zones = [
  { useTz: true, timeZone: "Asia/Tokyo" },
  { useTz: false, timeZone: "America/New_York" },
];

export interface Side {
  /** A new, empty database. */
  database(): Promise<string>;
  /** DATABASES["default"]. */
  settings(database: string): Record<string, unknown>;
  open(database: string, options: OpenWith): Promise<Store>;
  password(): string;
  /** As a user types it. */
  url(database: string): string;
}

const secretKey = "the key of the site";

const SESSIONS = `
import datetime
from django.contrib.sessions.models import Session
def utc(at):
    return datetime.datetime.fromtimestamp(at.timestamp(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
`;

export function besideDjango(name: string, side: Side): void {
  for (const zone of zones)
    describe(`${name} beside Django with USE_TZ=${zone.useTz}, ${zone.timeZone}`, () => {
      let django: Project;
      let database: string;
      let store: Store;
      beforeAll(async () => {
        database = await side.database();
        django = project({ server: side.settings(database), secretKey, ...zone });
        store = await side.open(database, { writable: true, ...zone });
      }, 180_000);
      afterAll(() => store?.close());

      it("is read as it wrote, and recognised with its index and users", async () => {
        const written = django.run<[key: string, data: string, expires: string][]>(`${SESSIONS}
from django.contrib.auth.models import User
User.objects.create_user("alice", "a@example.org")
User.objects.create_user("bob")
for index in range(20):
    session = SessionStore()
    session["index"] = index
    session["text"] = "\\u0436 \\U0001f36a"
    if index % 2: session.set_expiry((index - 10) * 3600)
    session.save()
result = [[s.session_key, s.session_data, utc(s.expire_date)] for s in Session.objects.order_by("expire_date")]`);
        const page = await store.page({ order: "expires", limit: 100, maxData: 10_000 });
        expect(page.map(({ key, data, expires }) => [key, data, expires])).toEqual(written);
        expect(await store.span()).toEqual({
          oldest: written.at(0)?.[2],
          newest: written.at(-1)?.[2],
        });
        const facts = await store.facts();
        expect(facts.filter(({ level }) => level === "warning")).toEqual([]);
        expect(facts.map(({ title }) => title)).toContain("Index");
        expect(await store.userNames?.(["1", "2", "3", "x", "99999999999"])).toEqual(
          new Map([
            ["1", "alice"],
            ["2", "bob"],
          ]),
        );
        expect(await store.findUsers?.("AL", false, 5)).toEqual([{ id: "1", name: "alice" }]);
        expect(await store.findUsers?.("Bob", true, 5)).toEqual([{ id: "2", name: "bob" }]);
        expect(await store.findUsers?.("%", false, 5)).toEqual([]);
      });

      it("has the clock Django goes by", async () => {
        const there = Date.parse(
          django.run<string>(`${SESSIONS}
from django.utils import timezone
result = utc(timezone.now())`),
        );
        expect(Math.abs(Date.parse(await store.now()) - there)).toBeLessThan(60_000);
      });

      it("loads what the driver wrote, until its expiry is set to the past", async () => {
        const data = django.run<string>("result = SessionStore().encode({'cart': [1, 2.0]})");
        const expires = "2099-06-01T12:00:00.000001Z";
        const key = "w".repeat(32);
        const written = await store.write({ key, data, expires, expected: null });
        const load = () =>
          django.run<[object, string]>(
            `${SESSIONS}
row = Session.objects.get(session_key=given)
result = [SessionStore(given).load(), utc(row.expire_date)]`,
            key,
          );
        expect(load()).toEqual([{ cart: [1, 2] }, expires]);
        const edited = django.run<string>("result = SessionStore().encode({'cart': []})");
        const token = written.outcome === "done" ? written.token : "";
        const second = await store.write({ key, data: edited, expires: null, expected: token });
        expect(load()).toEqual([{ cart: [] }, expires]);
        const past = "2020-01-01T00:00:00.000000Z";
        const last = second.outcome === "done" ? second.token : "";
        expect((await store.setExpiry?.(key, past, last))?.outcome).toBe("done");
        expect(load()[0]).toEqual({});
      });

      it("does not write onto what Django has saved meanwhile", async () => {
        const key = django.run<string>(
          "s = SessionStore(); s['n'] = 1; s.save(); result = s.session_key",
        );
        const before = await store.get(key, 10_000);
        django.run("s = SessionStore(given); s['n'] = 2; s.save()", key);
        const lost = await store.write({
          key,
          data: before?.data ?? "",
          expires: null,
          expected: before?.token ?? "",
        });
        expect(lost).toEqual({ outcome: "conflict" });
        expect(django.run("result = SessionStore(given)['n']", key)).toBe(2);
      });

      it("purges what clear_expired() would delete", async () => {
        const expired = django.run<string[]>(`${SESSIONS}
from django.utils import timezone
result = sorted(Session.objects.filter(expire_date__lt=timezone.now()).values_list("session_key", flat=True))`);
        const total = await store.count({});
        const kept: string[] = [];
        const cutoff = await store.now();
        for (;;) {
          const batch = await store.purgeBatch?.({
            cutoff,
            limit: 3,
            keep: (entries) => kept.push(...entries.map(({ key }) => key)),
          });
          if (!batch || batch.finished) break;
        }
        expect(expired.length).toBeGreaterThan(3);
        expect(kept.sort()).toEqual(expired);
        expect(django.run<number>(`${SESSIONS}\nresult = Session.objects.count()`)).toBe(
          total - expired.length,
        );
      });

      it("is searched, edited and purged by the host", async () => {
        const [live, gone] = django.run<string[]>(`
from django.contrib.auth.models import User
alice, _ = User.objects.get_or_create(username="alice")
keys = []
for age in (3600, -3600):
    s = SessionStore(); s["n"] = 1; s["_auth_user_id"] = str(alice.pk); s.set_expiry(age); s.save(); keys.append(s.session_key)
result = keys`);
        if (!live || !gone) throw new Error("no keys");
        const host = startHost();
        try {
          const { client } = host;
          const opened = await client.connections.openTarget({
            target: side.url(database),
            secrets: { secretKey },
          });
          const settings = { USE_TZ: zone.useTz, TIME_ZONE: zone.timeZone };
          const { connection } = await client.connections
            .save({ connection: { ...opened.connection, settings } })
            .then(async (saved) => {
              await client.connections.close({ connection: opened.connection.id });
              const again = await client.connections.open({
                connection: saved.id,
                secrets: { secretKey, options: { password: side.password() } },
              });
              return { connection: again.connection.id };
            });
          await client.connections.unlock({ connection });
          const found = await collect(
            client.sessions.scan({ connection, filter: "user:alice", order: "expires", limit: 10 }),
          );
          const rows = found.flatMap((event) => (event.type === "rows" ? event.rows : []));
          expect(rows.map(({ key }) => key).sort()).toEqual([live, gone].sort());
          const { token, text } = await client.sessions.get({ connection, key: live });
          const draft = {
            connection,
            key: live,
            token,
            text: '{"n": 2.0}',
            expiry: "keep",
          } as const;
          expect(text).toContain('"n": 1');
          const [lost] = await safe(client.sessions.save(draft));
          expect(lost).toBeNull();
          expect(django.run("result = SessionStore(given).load()", live)).toEqual({ n: 2 });
          const { job } = await client.purge.start({
            connection,
            cutoff: await store.now(),
            pauseMs: 0,
          });
          expect(await ended(client, job)).toMatchObject({ problem: null });
          expect(await store.get(gone, 10)).toBeNull();
          expect((await store.get(live, 1000))?.data).not.toBeNull();
        } finally {
          await host.close();
        }
      }, 120_000);
    });
}
