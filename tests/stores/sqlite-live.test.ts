/** A SQLite database while a real Django writes to it: scanned, edited and purged beside it, in both journal modes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Project, project } from "../django/project.ts";
import { openSqlite, tempFolder } from "./places.ts";

const LIVE = 300;
const EXPIRED = 4000;

/**
 * Renews its own sessions one after the other, makes new ones and logs some out, until it is told to stop; then tells what
 * it has saved last, by key. A line for every round.
 */
const SITE = `
import json, sys, threading
import django
django.setup()
from importlib import import_module
from django.conf import settings
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
keys = json.loads(sys.stdin.readline())
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
saved, gone, rounds = {}, [], 0
while not stop.is_set():
    rounds += 1
    for index, key in enumerate(keys):
        if stop.is_set(): break
        session = SessionStore(key)
        # As a request does: an expired or missing one would come back empty.
        assert session.get("own") == index, (key, dict(session.items()))
        session["round"] = rounds
        session.save()
        saved[key] = rounds
        if index % 20 == 0:
            made = SessionStore()
            made["fresh"] = rounds
            made.save()
            if index % 40 == 0:
                made.flush()
                gone.append(made.session_key)
            else: saved[made.session_key] = rounds
    print(json.dumps({"rounds": rounds}), flush=True)
print(json.dumps({"saved": saved, "rounds": rounds}), flush=True)
`;

describe.each(["wal", "delete"])("a live Django on a database in journal mode %s", (journal) => {
  let folder: string;
  let path: string;
  let django: Project;
  beforeEach(() => {
    folder = tempFolder();
    path = join(folder, "db.sqlite3");
    django = project({ database: path });
    const db = new Database(path);
    db.pragma(`journal_mode = ${journal}`);
    db.close();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("loses nothing and waits for no lock too long, and neither does the app", async () => {
    const { live, expired } = django.run<{ live: string[]; expired: string[] }>(
      `
import datetime
from django.contrib.sessions.models import Session
from django.utils import timezone
live = []
for index in range(given["live"]):
    session = SessionStore()
    session["own"] = index
    session.save()
    live.append(session.session_key)
data = SessionStore().encode({"old": True})
past = timezone.now() - datetime.timedelta(days=1)
Session.objects.bulk_create(
    [Session(session_key="old%029d" % n, session_data=data, expire_date=past) for n in range(given["expired"])]
)
result = {"live": live, "expired": ["old%029d" % n for n in range(given["expired"])]}`,
      { live: LIVE, expired: EXPIRED },
    );
    const env = { ...django.env, PROJECT_TIMEOUT: "5" };
    const site = spawn(django.python, ["-c", SITE], { env, stdio: "pipe" });
    let errors = "";
    site.stderr.on("data", (text) => {
      errors += text;
    });
    const lines = createInterface(site.stdout)[Symbol.asyncIterator]();
    const round = async () => {
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`The site ended: ${errors}`);
      return JSON.parse(value);
    };
    const store = await openSqlite(path, { writable: true });
    try {
      site.stdin.write(`${JSON.stringify(live)}\n`);
      await round();
      // Scanned while it renews: each that lives throughout exactly once.
      for (let turn = 0; turn < 3; turn++) {
        const seen: string[] = [];
        for await (const step of store.scan({ order: "expires", batch: 50, maxData: 9999 }))
          seen.push(...step.map(({ key }) => key));
        expect(new Set(seen).size).toBe(seen.length);
        expect([...live, ...expired].filter((key) => !seen.includes(key))).toEqual([]);
      }
      // Written beside it: what the site renewed meanwhile is not overwritten.
      let [done, conflicts] = [0, 0];
      for (let turn = 0; turn < 400; turn++) {
        const key = live[(turn * 7) % LIVE] ?? "";
        const entry = await store.get(key, 9999);
        if (!entry?.data) throw new Error(`${key} is lost.`);
        if (turn % 2) await new Promise((resolve) => setTimeout(resolve, 3));
        const { outcome } = await store.write({
          ...{ key, data: entry.data, expires: null, expected: entry.token },
        });
        if (outcome === "done") done += 1;
        else conflicts += 1;
      }
      expect(done).toBeGreaterThan(0);
      expect(done + conflicts).toBe(400);
      // Purged beside it.
      const cutoff = await store.now();
      let deleted = 0;
      for (;;) {
        const batch = await store.purgeBatch?.({ cutoff, limit: 200, keep: () => {} });
        deleted += batch?.deleted ?? 0;
        if (!batch || batch.finished) break;
      }
      expect(deleted).toBe(EXPIRED);
      await round();
      site.stdin.write("stop\n");
      let last: { saved?: Record<string, number>; rounds: number };
      do last = await round();
      while (!last.saved);
      const [status] = await once(site, "exit");
      expect([status, errors]).toEqual([0, ""]);
      const read = django.run<Record<string, number>>(
        `
result = {}
for key in given:
    session = SessionStore(key)
    result[key] = session.get("round", session.get("fresh"))`,
        Object.keys(last.saved),
      );
      expect(read).toEqual(last.saved);
      expect(last.rounds).toBeGreaterThan(1);
      const db = new Database(path);
      expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      db.close();
    } finally {
      await store.close();
      site.kill("SIGKILL");
    }
  }, 120_000);
});
