import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countSessions } from "../../src/main/jobs/count.ts";
import { histogram } from "../../src/main/jobs/histogram.ts";
import { readPage } from "../../src/main/jobs/page.ts";
import { createTaskRunner } from "../../src/main/jobs/run-task.ts";
import { scan } from "../../src/main/jobs/scan.ts";
import { ProblemError } from "../../src/main/problem.ts";
import type { ScanEvent, SessionRow } from "../../src/shared/session.ts";
import { manySessions, type Site, site } from "./site.ts";

const COUNT = 3000;
const runner = createTaskRunner();
let shop: Site;
beforeAll(async () => {
  shop = await site(manySessions, COUNT);
});
afterAll(async () => {
  await runner.close();
  await shop.close();
});

const key = (n: number): string => String(n).padStart(32, "0");
const numbers = (rows: SessionRow[]): number[] =>
  rows.map((row) => Number(row.key)).sort((a, b) => a - b);
const every = (fits: (n: number) => boolean): number[] =>
  Array.from({ length: COUNT }, (_, n) => n).filter(fits);

async function scanned(filter: string, limit = 100_000) {
  const events: ScanEvent[] = [];
  for await (const event of scan(shop.context, runner, { filter, order: "-expires", limit }))
    events.push(event);
  const rows = events.flatMap((event) => (event.type === "rows" ? event.rows : []));
  const last = events.at(-1);
  if (last?.type !== "progress") throw new Error("The last event is no progress.");
  return { rows, last };
}

const page = (query: Partial<Parameters<typeof readPage>[1]>) =>
  readPage(shop.context, { filter: "", order: "-expires", limit: 200, ...query });

describe("scans", () => {
  test.each<[string, (n: number) => boolean]>([
    ["user:alice", (n) => n % 10 === 0],
    ["user:anonymous", (n) => n % 10 > 1],
    ["user:alice state:active", (n) => n % 10 === 0 && n % 4 !== 0 && n % 6 !== 0],
    ["state:browser", (n) => n % 6 === 0 && n % 4 !== 0],
    ["state:expired key:cart", (n) => n % 4 === 0 && n % 7 !== 0],
    ["key:__proto__ user:alice", (n) => n % 10 === 0],
    ["signature:fallback", (n) => n % 50 === 5],
    ["sig:invalid", (n) => n % 50 === 6],
    ["size:>4kb", (n) => n % 100 === 3],
    ["2999", (n) => n === 2999],
  ])("%s finds what Django wrote", async (filter, fits) => {
    const { rows, last } = await scanned(filter);
    expect(numbers(rows)).toEqual(every(fits));
    expect(last).toMatchObject({ done: true, matched: rows.length });
    expect(last.total === null || last.total >= last.scanned).toBe(true);
  });

  test("every row of the range is looked at once", async () => {
    expect((await scanned("user:alice")).last.scanned).toBe(COUNT);
    expect((await scanned("size:>4kb")).last).toMatchObject({ scanned: 30, total: 30 });
    expect((await scanned("user:alice state:expired")).last).toMatchObject({
      scanned: COUNT / 4,
      total: COUNT / 4,
    });
  });

  test("rows carry names, keys and signature", async () => {
    const { rows } = await scanned("user:alice size:<400b");
    const row = rows.find((one) => one.key === key(10));
    expect(row).toMatchObject({
      user: { id: "1", name: "alice" },
      keys: ["cart", "__proto__", "_auth_user_id"],
      keyCount: 3,
      encoding: "signed",
      serializer: "json",
      signature: "valid",
      state: "active",
      problem: null,
    });
  });

  test("names beyond ASCII are looked up and shown as they are", async () => {
    const { rows } = await scanned('user:"Zoë \u202e<b>"');
    expect(rows).toHaveLength(COUNT / 10);
    expect(rows[0]?.user?.name).toBe("Zoë \u202e<b>");
  });

  test("stops by itself after so many matches", async () => {
    const { rows, last } = await scanned("user:alice", 7);
    expect(rows).toHaveLength(7);
    expect(last).toMatchObject({ done: true, matched: 7 });
  });

  test("ends when its signal fires, and when its consumer leaves", async () => {
    const stop = new AbortController();
    let events = 0;
    for await (const event of scan(
      shop.context,
      runner,
      { filter: "user:alice", order: "expires", limit: 1000 },
      stop.signal,
    )) {
      events++;
      if (event.type === "rows") stop.abort();
    }
    expect(events).toBeGreaterThan(0);
    for await (const _ of scan(shop.context, runner, {
      filter: "user:alice",
      order: "expires",
      limit: 1000,
    }))
      break;
  });

  test("a whole key is looked up", async () => {
    const { rows, last } = await scanned(key(42));
    expect(rows.map((row) => row.key)).toEqual([key(42)]);
    expect(last.scanned).toBe(1);
    expect((await scanned(`${key(42)} user:anonymous`)).rows).toHaveLength(1);
    expect((await scanned(`${key(42)} user:alice`)).rows).toHaveLength(0);
  });

  test("a bad filter is a problem before any work", async () => {
    await expect(scanned("user:alice stte:x")).rejects.toBeInstanceOf(ProblemError);
  });
});

describe("pages", () => {
  test("forwards and back again, every row once", async () => {
    const seen: string[] = [];
    let after: string | undefined;
    let first: string | null = null;
    do {
      const { rows, next, previous } = await page({ limit: 450, ...(after ? { after } : {}) });
      seen.push(...rows.map((row) => row.key));
      if (!after) expect(previous).toBeNull();
      first = previous ?? first;
      after = next ?? undefined;
    } while (after);
    expect(new Set(seen).size).toBe(COUNT);
    const back = await page({ limit: 450, ...(first ? { before: first } : {}) });
    expect(back.rows.map((row) => row.key)).toEqual(seen.slice(2250, 2700));
    expect(back.next).not.toBeNull();
    expect(back.previous).not.toBeNull();
  });

  test("ranges come from the index, in both orders", async () => {
    const { rows, next } = await page({ filter: "state:expired", order: "expires", limit: 500 });
    expect(rows).toHaveLength(500);
    expect(next).not.toBeNull();
    expect(rows.every((row) => row.state === "expired")).toBe(true);
    const dates = rows.map((row) => row.expires ?? "");
    expect(dates).toEqual(dates.toSorted());
    const expiryOf = async (n: number) => (await page({ filter: key(n) })).rows[0]?.expires;
    const between = `expires:${await expiryOf(1)}..${await expiryOf(10)}`;
    expect((await page({ filter: between })).rows.map((row) => Number(row.key))).toEqual([
      9, 7, 6, 5, 3, 2, 1,
    ]);
    const soon = await page({ filter: "expires:<2h", limit: 500 });
    expect(soon.rows.length).toBeGreaterThan(20);
    expect(soon.rows.every((row) => row.state !== "expired")).toBe(true);
  });

  test("a filter that needs a scan is refused with the reason", async () => {
    const error = await page({ filter: "user:alice" }).catch((thrown: unknown) => thrown);
    expect((error as ProblemError).problem).toMatchObject({
      code: "bad_filter",
      hint: "The user is inside the session's data.",
    });
  });

  test("a contradiction is an empty page", async () => {
    expect((await page({ filter: "state:expired expires:>1h" })).rows).toEqual([]);
  });
});

describe("numbers", () => {
  test("the count ends exact", async () => {
    const events = [];
    for await (const event of countSessions(shop.context, runner)) events.push(event);
    expect(events[0]?.exact).toBe(false);
    expect(events.at(-1)).toEqual({ total: COUNT, expired: COUNT / 4, exact: true });
  });

  test("the histogram counts everything once and is not pressed flat", async () => {
    let last: Awaited<ReturnType<typeof one>>;
    async function one() {
      for await (const event of histogram(shop.context, runner, { bins: 100 }))
        if (event.done) return event;
      throw new Error("No last histogram.");
    }
    last = await one();
    const inside = last.bins.reduce((sum, count) => sum + count, 0);
    expect(inside + last.before + last.after + last.never).toBe(COUNT);
    expect(last.before + last.after).toBeLessThan(COUNT * 0.1);
    expect(last.bins.filter((count) => count > 0).length).toBeGreaterThan(60);
    expect(last.from < last.now && last.now < last.to).toBe(true);
    // One session in the year 9000 changes nothing.
    shop.project.run(`
from django.contrib.sessions.models import Session
from datetime import datetime, timezone
Session.objects.create(session_key="far", session_data="", expire_date=datetime(9000, 1, 1, tzinfo=timezone.utc))
`);
    const before = last;
    last = await one();
    expect(last.after).toBeGreaterThanOrEqual(1);
    expect(Math.abs(Date.parse(last.to) - Date.parse(before.to))).toBeLessThan(86_400_000);
    shop.project.run(`
from django.contrib.sessions.models import Session
Session.objects.filter(session_key="far").delete()
`);
  });
});

describe("a folder of session files", () => {
  let folder: Site;
  beforeAll(async () => {
    folder = await site(
      `
import os, time
for n in range(60):
    session = SessionStore()
    session["n"] = n
    if n % 6 == 0: session["_auth_user_id"] = "7"
    if n % 5 == 0: session.set_expiry(300)
    if n % 5 == 1: session.set_expiry(0)
    session.save(must_create=True)
    past = time.time() - 86400 * (20 if n % 4 == 0 else n / 10)
    os.utime(session._key_to_file(), (past, past))
`,
      null,
      { engine: "file" },
    );
  });
  afterAll(() => folder.close());
  const found = async (filter: string) => {
    const rows: SessionRow[] = [];
    let scanned = 0;
    for await (const event of scan(folder.context, runner, {
      filter,
      order: "expires",
      limit: 1000,
    }))
      if (event.type === "rows") rows.push(...event.rows);
      else scanned = event.scanned;
    return { rows, scanned };
  };

  test("is scanned in parts, each file once", async () => {
    const { rows, scanned } = await found("user:7");
    expect(scanned).toBe(60);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(10);
    expect(rows.every(({ user }) => user?.id === "7")).toBe(true);
  });

  test("sessions that never end are among the living", async () => {
    const { rows } = await found("state:active");
    const endless = rows.filter(({ expires }) => expires === null);
    // Every fifth has an integer expiry, which Django's file engine never lets run out.
    expect(endless).toHaveLength(12);
    expect((await found("-state:expired")).rows).toHaveLength(60 - 12);
    expect((await found("state:expired")).rows).toHaveLength(12);
    expect((await found("expires:never")).rows).toHaveLength(12);
  });

  test("counts and the distribution add up", async () => {
    const counts = [];
    for await (const event of countSessions(folder.context, runner)) counts.push(event);
    expect(counts.at(-1)).toEqual({ total: 60, expired: 12, exact: true });
    for await (const event of histogram(folder.context, runner, { bins: 40 })) {
      if (!event.done) continue;
      const inside = event.bins.reduce((sum, count) => sum + count, 0);
      expect(inside + event.before + event.after).toBe(48);
      expect(event.never).toBe(12);
    }
  });
});
