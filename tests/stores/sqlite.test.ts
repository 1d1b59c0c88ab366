import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry } from "../../src/main/stores/driver.ts";
import { openTable } from "../../src/main/stores/sqlite-open.ts";
import { boundsOf, stretches } from "../../src/main/stores/sqlite-range.ts";
import { pageStatement } from "../../src/main/stores/sqlite-read.ts";
import { expiryText } from "../../src/main/stores/sqlite-time.ts";
import { at, codeOf } from "./conformance.ts";
import { stored, TABLE } from "./places.ts";
import { all, made, open, path } from "./sqlite-case.ts";

describe("odd rows", () => {
  it("are shown, whatever is in them", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
    insert.run("fine", "data", "2026-01-01 00:00:00");
    insert.run("no date", "data", "soon");
    insert.run("no such day", "data", "2026-02-30 00:00:00");
    insert.run("a number", "data", 12.5);
    insert.run("an int", "data", 9007199254740993n);
    insert.run("blob date", "data", Buffer.from([1, 2]));
    insert.run("offset", "data", "2026-01-01 02:00:00+02:00");
    insert.run(Buffer.from([0, 255]), Buffer.from([1, 2, 255]), "2026-01-02 00:00:00");
    insert.run("x'00ff'", "text that looks like it", "2026-01-02 00:00:00.5");
    db.exec(
      "INSERT INTO django_session VALUES (CAST(x'ff6b' AS TEXT), CAST(x'fe64' AS TEXT), '2026-01-03')",
    );
    db.exec(
      "INSERT INTO django_session VALUES (CAST(x'6b00ff' AS TEXT), 'd', '2026-01-04 00:00:00')",
    );
    db.close();
    const store = await open({ writable: true });
    const seen: Entry[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.page({
        order: "expires",
        limit: 2,
        maxData: 100,
        ...(after ? { after } : {}),
      });
      if (!page.length) break;
      seen.push(...page);
      after = page.at(-1)?.cursor;
    }
    expect(Object.fromEntries(seen.map(({ key, expires }) => [key, expires]))).toEqual({
      fine: "2026-01-01T00:00:00.000000Z",
      "no date": null,
      "no such day": null,
      "a number": null,
      "an int": null,
      "blob date": null,
      offset: "2026-01-01T00:00:00.000000Z",
      "x'00ff'": "2026-01-02T00:00:00.000000Z",
      "t'78273030666627'": "2026-01-02T00:00:00.500000Z",
      "t'ff6b'": null,
      "t'6b00ff'": "2026-01-04T00:00:00.000000Z",
    });
    expect(seen).toHaveLength(11);
    expect((await all(store)).map(({ key }) => key).sort()).toEqual(
      seen.map(({ key }) => key).sort(),
    );
    for (const { key, token, data } of seen) {
      const entry = await store.get(key, 1000);
      expect([key, entry?.token, entry?.data]).toEqual([key, token, data]);
    }
    expect((await store.get("t'ff6b'", 100))?.data).toEqual(Buffer.from([0xfe, 0x64]));
    // Put back as it was: an update without an expiry leaves what the column holds.
    const odd = await store.get("no date", 100);
    const written = await store.write({
      key: "no date",
      data: "new",
      expires: null,
      expected: odd?.token ?? "",
    });
    expect(written.outcome).toBe("done");
    expect(
      new Database(path)
        .prepare("SELECT expire_date FROM django_session WHERE session_key = 'no date'")
        .pluck()
        .get(),
    ).toBe("soon");
    for (const { key } of seen) {
      const now = await store.get(key, 1000);
      expect((await store.delete(key, now?.token ?? "")).outcome).toBe("done");
    }
    expect(await store.count({})).toBe(0);
  });

  it("stay in a purge when their expiry is no date, and it ends", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)");
    for (const text of ["", "0", "0000-00-00 00:00:00", "2020-02-30 00:00:00", "soon"])
      insert.run(`k${text}`, text);
    insert.run("old", "2020-01-01 00:00:00");
    db.close();
    const store = await open({ writable: true });
    const counted = [];
    for await (const one of store.purgeCount?.(at(0)) ?? []) counted.push(one);
    expect(counted.at(-1)).toMatchObject({ count: 1, bytes: 1, exact: true });
    const batch = await store.purgeBatch?.({ cutoff: at(0), limit: 10 });
    expect(batch).toMatchObject({ deleted: 1, finished: true });
    expect(await store.count({})).toBe(5);
  });

  it("are spared by a purge of few rows among many, and so are those renewed meanwhile", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)");
    db.transaction(() => {
      for (let index = 0; index < 4000; index++)
        insert.run(`k${index}`, stored(at(index % 40 ? 1000 + index : 0)));
      insert.run("odd", "2020-02-30 00:00:00");
    })();
    const store = await open({ writable: true });
    const kept: string[] = [];
    const keep = (entries: Entry[]) => kept.push(...entries.map(({ key }) => key));
    expect(await store.purgeBatch?.({ cutoff: at(500), limit: 30, keep })).toMatchObject({
      deleted: 30,
      bytes: 30,
      finished: false,
    });
    db.prepare("UPDATE django_session SET expire_date = ? WHERE session_key = 'k3960'").run(
      stored(at(9999)),
    );
    expect(await store.purgeBatch?.({ cutoff: at(500), limit: 100, keep })).toMatchObject({
      deleted: 69,
      skipped: 1,
      finished: true,
    });
    expect(kept.sort()).toEqual(Array.from({ length: 99 }, (_, index) => `k${index * 40}`).sort());
    expect(await store.count({})).toBe(4001 - 99);
    db.close();
  });

  it("refuses half characters in a key", async () => {
    made().close();
    const store = await open();
    expect(await codeOf(() => store.get("\ud800", 10))).toBe("bad_key");
    expect(
      await codeOf(() => store.page({ order: "expires", limit: 1, maxData: 1, after: "{}" })),
    ).toBe("bad_request");
  });

  it("leaves a value of 50 MB out of lists and still swaps on it", async () => {
    const db = made();
    const big = "x".repeat(50_000_000);
    db.prepare("INSERT INTO django_session VALUES ('big', ?, '2026-01-01 00:00:00')").run(big);
    const store = await open({ writable: true });
    const [listed] = await store.page({ order: "expires", limit: 1, maxData: 1_000_000 });
    expect(listed).toMatchObject({ key: "big", data: null, size: 50_000_000 });
    expect((await store.get("big", 1_000_000))?.data).toBeNull();
    const whole = await store.get("big", 100_000_000);
    expect(whole?.data).toHaveLength(50_000_000);
    db.exec("UPDATE django_session SET expire_date = '2026-01-05 00:00:00'");
    expect(await store.delete("big", listed?.token ?? "")).toEqual({ outcome: "conflict" });
    expect(await store.delete("big", whole?.token ?? "")).toEqual({ outcome: "conflict" });
    const [again] = await store.page({ order: "expires", limit: 1, maxData: 1_000_000 });
    expect((await store.delete("big", again?.token ?? "")).outcome).toBe("done");
    db.close();
  });
});

describe("plans", () => {
  it("answers pages from Django's index, without sorting, also among many ties", async () => {
    const db = made();
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO django_session SELECT 'k' || i, 'd', '2026-01-01 00:00:00' FROM n; ANALYZE`);
    db.close();
    const table = await openTable(path, "django_session", false);
    const time = expiryText(true, "UTC");
    for (const range of [undefined, { from: at(0) }, { to: at(9) }, { from: at(0), to: at(9) }])
      for (const place of [null, { expires: "2026-01-01 00:00:03", rowid: 7n }])
        for (const ascending of [true, false])
          for (const way of stretches(boundsOf(range, time), ascending, place)) {
            const plan = table.db
              .prepare<unknown[], { detail: string }>(
                `EXPLAIN QUERY PLAN ${pageStatement(table, way.sql, ascending)}`,
              )
              .all(100, ...way.parameters, 10)
              .map(({ detail }) => detail)
              .join("; ");
            expect(plan).toContain("USING INDEX django_session_expire_date_a5c62663");
            expect(plan).not.toContain("TEMP B-TREE");
          }
    table.db.close();
  });

  it("works without the index, and warns", async () => {
    const db = made(TABLE.replace(/CREATE INDEX.*/, ""));
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)");
    for (let index = 0; index < 500; index++)
      insert.run(`k${index}`, stored(at((index * 7919) % 500)));
    db.close();
    const store = await open({ writable: true });
    expect(await store.facts()).toContainEqual(
      expect.objectContaining({ level: "warning", title: "No index on expire_date" }),
    );
    const page = await store.page({ order: "-expires", limit: 3, maxData: 9 });
    expect(page.map(({ expires }) => expires)).toEqual([at(499), at(498), at(497)]);
    expect(await store.count({ to: at(100) })).toBe(100);
    expect(await all(store)).toHaveLength(500);
    expect(await store.purgeBatch?.({ cutoff: at(100), limit: 1000 })).toMatchObject({
      deleted: 100,
      finished: true,
    });
  });

  it("scans rows once while the file is rebuilt by VACUUM", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', '2026-01-01 00:00:00')");
    for (let index = 0; index < 5000; index++) insert.run(`k${index}`);
    db.exec("DELETE FROM django_session WHERE rowid % 3 = 0");
    const store = await open();
    const seen: string[] = [];
    for await (const step of store.scan({
      order: "expires",
      batch: 100,
      maxData: 9,
      part: { index: 0, of: 1 },
    })) {
      if (seen.length === 500) db.exec("VACUUM");
      seen.push(...step.map(({ key }) => key));
    }
    db.close();
    expect(seen).toHaveLength(3334);
    expect(new Set(seen).size).toBe(3334);
  });
});

describe("users", () => {
  const uuid = "0b8f6a1e-4a8e-4f4e-9d4e-2f1c5d7e9a10";

  it("are found in a table of another name, by UUID and by e-mail", async () => {
    const db = made(`${TABLE}
      CREATE TABLE accounts (id char(32) PRIMARY KEY, password varchar(128), email varchar(254));
      CREATE TABLE people (id integer PRIMARY KEY, password text, nick_name text, "odd ""name" text);`);
    db.prepare("INSERT INTO accounts VALUES (?, 'secret', 'a%b@example.org')").run(
      uuid.replaceAll("-", ""),
    );
    db.exec("INSERT INTO people VALUES (1, 'secret', 'nick', 'odd')");
    db.close();
    const accounts = await open({ usersTable: "accounts" });
    expect(await accounts.userNames?.([uuid, "1"])).toEqual(new Map([[uuid, "a%b@example.org"]]));
    expect(await accounts.findUsers?.("a%", false, 9)).toEqual([
      { id: uuid, name: "a%b@example.org" },
    ]);
    expect(await accounts.findUsers?.("ab", false, 9)).toEqual([]);
    const people = await open({ usersTable: "people" });
    expect(await people.userNames?.(["1"])).toEqual(new Map([["1", "nick"]]));
    const odd = await open({ usersTable: "people", userNameColumn: 'odd "name' });
    expect(await odd.userNames?.(["1", "2"])).toEqual(new Map([["1", "odd"]]));
  });

  it("are absent where there is no such table", async () => {
    made().close();
    for (const options of [{}, { usersTable: "" }, { usersTable: 'no "such' }]) {
      const store = await open(options);
      expect([store.capabilities.users, store.userNames]).toEqual([false, undefined]);
    }
  });
});

describe("expire_date without a time zone", () => {
  const newYork = expiryText(false, "America/New_York");
  it("is local time, with Python's reading of repeated and skipped hours", () => {
    const cases: [stored: string, iso: string][] = [
      ["2023-11-28 17:13:20.250000", "2023-11-28T22:13:20.250000Z"],
      ["2026-07-01 12:00:00", "2026-07-01T16:00:00.000000Z"],
      // Twice on this day: the first.
      ["2026-11-01 01:30:00", "2026-11-01T05:30:00.000000Z"],
      // Never on this day: counted with the offset before the gap.
      ["2026-03-08 02:30:00", "2026-03-08T07:30:00.000000Z"],
    ];
    for (const [text, iso] of cases) expect(newYork.toIso(text)).toBe(iso);
    expect(newYork.toStored("2026-07-01T16:00:00.000000Z")).toBe("2026-07-01 12:00:00");
    expect(newYork.toStored("2026-07-01T16:00:00.000001Z")).toBe("2026-07-01 12:00:00.000001");
    expect(() => newYork.toStored("+010000-01-02T00:00:00Z")).toThrow(ProblemError);
    expect(() => expiryText(false, "Mars/Olympus")).toThrow(ProblemError);
  });
});
