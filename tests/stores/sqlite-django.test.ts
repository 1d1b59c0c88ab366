/** SQLite beside real Django: what it writes is read, what the driver writes it loads. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/main/stores/driver.ts";
import { type Project, project } from "../django/project.ts";
import { openSqlite, tempFolder } from "./places.ts";

const zones = [
  { useTz: true, timeZone: "Asia/Tokyo" },
  { useTz: false, timeZone: "America/New_York" },
];

for (const zone of zones)
  describe(`Django with USE_TZ=${zone.useTz}, ${zone.timeZone}`, () => {
    const folder = tempFolder();
    const database = join(folder, "db.sqlite3");
    let django: Project;
    let store: Store;
    beforeAll(async () => {
      django = project({ database, ...zone });
      store = await openSqlite(database, { writable: true, ...zone });
    });
    afterAll(async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    });

    it("is read as it wrote, and recognised with its index and users", async () => {
      const written = django.run<[key: string, data: string, expires: string][]>(`
import datetime
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
User.objects.create_user("alice", "a@example.org")
User.objects.create_user("bob")
for index in range(20):
    session = SessionStore()
    session["index"] = index
    if index % 2: session.set_expiry((index - 10) * 3600)
    session.save()
result = [
    [s.session_key, s.session_data, datetime.datetime.fromtimestamp(s.expire_date.timestamp(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
    for s in Session.objects.order_by("expire_date")
]`);
      const page = await store.page({ order: "expires", limit: 100, maxData: 10_000 });
      expect(page.map(({ key, data, expires }) => [key, data, expires])).toEqual(written);
      const levels = (await store.facts()).map(({ level }) => level);
      expect(levels).not.toContain("warning");
      expect(await store.userNames?.(["1", "2", "3", "x"])).toEqual(
        new Map([
          ["1", "alice"],
          ["2", "bob"],
        ]),
      );
      expect(await store.findUsers?.("AL", false, 5)).toEqual([{ id: "1", name: "alice" }]);
      expect(await store.findUsers?.("Bob", true, 5)).toEqual([{ id: "2", name: "bob" }]);
      expect(await store.findUsers?.("%", false, 5)).toEqual([]);
    });

    it("loads what the driver wrote, until its expiry is set to the past", async () => {
      const data = django.run<string>("result = SessionStore().encode({'cart': [1, 2.0]})");
      const expires = "2099-06-01T12:00:00.000001Z";
      const key = "w".repeat(32);
      const written = await store.write({ key, data, expires, expected: null });
      const load = () =>
        django.run<[object, string]>(
          `
from django.contrib.sessions.models import Session
import datetime
row = Session.objects.get(session_key=given)
result = [SessionStore(given).load(), datetime.datetime.fromtimestamp(row.expire_date.timestamp(), datetime.timezone.utc).isoformat()]`,
          key,
        );
      expect(load()).toEqual([{ cart: [1, 2] }, "2099-06-01T12:00:00.000001+00:00"]);
      const token = written.outcome === "done" ? written.token : "";
      expect((await store.setExpiry?.(key, "2020-01-01T00:00:00.000000Z", token))?.outcome).toBe(
        "done",
      );
      expect(load()[0]).toEqual({});
    });

    it("purges what clear_expired() would delete", async () => {
      const expired = django.run<string[]>(`
from django.contrib.sessions.models import Session
from django.utils import timezone
result = sorted(Session.objects.filter(expire_date__lt=timezone.now()).values_list("session_key", flat=True))`);
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
      expect(
        django.run<number>(
          "from django.contrib.sessions.models import Session\nresult = Session.objects.count()",
        ),
      ).toBe(21 - expired.length);
    });
  });
