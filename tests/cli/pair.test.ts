/** cached_db on the command line: a table and the cache in front of it, named by --cache. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeStored } from "../../src/main/engine/write.ts";
import { parseJson } from "../../src/main/python/json.ts";
import { isDict } from "../../src/main/python/value.ts";
import { keyOf, makeDatabase, secretKey, sql } from "../workspace/store.ts";
import { type Shell, shell } from "./run.ts";

let sh: Shell;
let path: string;
let cache: string[];
beforeEach(() => {
  sh = shell({ DJANGO_SECRET_KEY: secretKey });
  path = join(sh.folder, "db.sqlite3");
  makeDatabase(path, [
    { key: keyOf("same") },
    { key: keyOf("other"), value: '{"of":"the row"}' },
    { key: keyOf("row") },
  ]);
  sql(
    path,
    "CREATE TABLE django_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires datetime NOT NULL)",
  );
  for (const [name, json] of [
    ["same", '{"a":1}'],
    ["other", '{"of":"the cache"}'],
    ["alone", '{"a":3}'],
  ] as const) {
    const dict = parseJson(json);
    if (!isDict(dict)) throw new Error("no dict");
    const value = writeStored(dict, {
      ...{ encoding: "database_cache", serializer: "pickle", now: 0n },
    });
    const key = `:1:django.contrib.sessions.cached_db${keyOf(name)}`;
    sql(path, "INSERT INTO django_cache VALUES (?, ?, ?)", key, value, "2030-01-02 03:04:05");
  }
  cache = ["--cache", `sqlite+cache://${path}?table=django_cache`];
});
afterEach(() => sh.close());

const held = () => [
  ...sql(path, "SELECT * FROM django_session ORDER BY 1"),
  ...sql(path, "SELECT * FROM django_cache ORDER BY 1"),
];

test("is listed and shown with what the two hold, changed together and put back as it was", async () => {
  const listed = await sh.run(["ls", path, ...cache, "--json"]);
  expect(listed.stderr).toBe("");
  expect(
    Object.fromEntries(listed.json.map(({ key, pair }) => [key.replace(/^k+/, ""), pair])),
  ).toEqual({ same: "same", other: "different", row: "rowOnly", alone: "cacheOnly" });
  const table = await sh.run(["ls", path, ...cache]);
  expect(table.lines[0]).toMatch(/^STATE +CACHE +KEY/);
  expect(table.stdout).toContain("cached only");
  const shown = await sh.run(["show", path, keyOf("other"), ...cache, "--json"]);
  expect(shown.json).toMatchObject([
    {
      pair: "different",
      rowDiff: [{ path: "of", kind: "changed", before: "'the row'", after: "'the cache'" }],
      value: { of: "the cache" },
      djangoSees: null,
    },
  ]);
  const words = await sh.run(["show", path, keyOf("other"), ...cache]);
  expect(words.stdout).toContain("of: 'the row' in the row, 'the cache' in the cache");

  const before = held();
  const put = await sh.run(["put", path, keyOf("other"), ...cache, "--yes", "--json"], {
    input: '{"of":"both"}',
  });
  expect(put.status).toBe(0);
  const again = await sh.run(["show", path, keyOf("other"), ...cache, "--json"]);
  expect(again.json[0]).toMatchObject({ pair: "same", value: { of: "both" }, rowDiff: null });
  const undone = await sh.run(["restore", put.json[0].job, "--yes"]);
  expect(undone.stderr).toBe("");
  expect(held()).toEqual(before);

  const removed = await sh.run([
    ...["rm", path, keyOf("same"), keyOf("alone"), ...cache, "--yes", "--json"],
  ]);
  expect(removed.json[0]).toMatchObject({ done: 2 });
  expect(held()).toHaveLength(before.length - 3);
  await sh.run(["restore", removed.json[0].job, "--yes"]);
  expect(held()).toEqual(before);
});

test("what is no cache's URL is said", async () => {
  const { status, stderr } = await sh.run(["ls", path, "--cache", `sqlite://${path}`]);
  expect(status).not.toBe(0);
  expect(stderr).toContain("no URL of a cache");
});
