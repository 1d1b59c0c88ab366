import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BeforeImage, OpenRecipe } from "../../src/main/jobs/context.ts";
import { openRecycleBin, type RecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";

let folder: string;
let bin: RecycleBin;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sessionscope-bin-"));
  bin = openRecycleBin(join(folder, "bin.sqlite3"));
});
afterEach(() => {
  bin.close();
  rmSync(folder, { recursive: true, force: true });
});

const recipe: OpenRecipe = {
  connection: connectionSchema.parse({
    id: "c",
    name: "Site",
    driver: "sqlite",
    options: { path: "/srv/db.sqlite3" },
  }),
  keys: { secretKey: "a key that stays in memory", fallbacks: ["and another"], salt: "" },
  settings: filledSettings({}),
  writable: true,
  binPath: "",
};
const plan = { kind: "delete", title: "Delete", recipe, identity: "place" } as const;

const image = (key: string, data: string | Uint8Array = "data"): BeforeImage => ({
  entry: {
    key,
    data,
    size: data.length,
    expires: "2026-01-01T00:00:00.000000Z",
    writtenAt: null,
    token: "=t",
  },
  after: null,
});

describe("keeping", () => {
  test("gives back text and bytes exactly, with their times", () => {
    const bytes = new Uint8Array([0, 255, 128, 10]);
    const writer = bin.begin(plan);
    writer.keep([image("a", "zażółć \0 nul"), image("b", bytes)]);
    const [first, second] = bin.images(writer.id, undefined, 10, 1e6);
    expect(first).toMatchObject({ sequence: 0, after: null, restoredAt: null });
    expect(first?.entry).toEqual(image("a", "zażółć \0 nul").entry);
    expect(new Uint8Array(second?.entry.data as Uint8Array)).toEqual(bytes);
    expect(bin.image(writer.id, 1)?.entry.key).toBe("b");
    expect(bin.images(writer.id, 0, 10, 1e6)).toHaveLength(1);
    expect(bin.images(writer.id, undefined, 10, 5)[0]?.entry.data).toBeNull();
  });

  test("lists a job from its first image on", () => {
    const writer = bin.begin(plan);
    expect(bin.jobs()).toEqual([]);
    writer.keep([]);
    expect(bin.jobs()).toEqual([]);
    writer.keep([image("a")]);
    expect(bin.jobs()).toMatchObject([
      { id: writer.id, connection: "c", connectionName: "Site", entries: 1, restorable: 1 },
    ]);
    expect(bin.jobs("other")).toEqual([]);
    expect(bin.origin(writer.id)).toMatchObject({ identity: "place", connection: { id: "c" } });
    expect(bin.connection("c")?.options).toEqual({ path: "/srv/db.sqlite3" });
  });

  test("forgets what did not happen, and settles what did", () => {
    const writer = bin.begin({ ...plan, kind: "edit" });
    writer.keep([image("a"), image("b"), image("c")]);
    writer.forget(["b"]);
    writer.settle([{ key: "c", token: "=new" }]);
    expect(
      bin.images(writer.id, undefined, 10, 1e6).map(({ entry, after }) => [entry.key, after]),
    ).toEqual([
      ["a", null],
      ["c", "=new"],
    ]);
    expect(bin.jobs()[0]).toMatchObject({ entries: 2, restorable: 2 });
  });

  test("holds no key of the site, and is readable for its owner alone", () => {
    const writer = bin.begin(plan);
    writer.keep([image("a")]);
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).includes("stays in memory"), name).toBe(false);
      expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
    }
  });
});

describe("the limit", () => {
  test("is 1 GiB until it is set, and stays", () => {
    expect(bin.usage()).toEqual({ bytes: 0, limit: 2 ** 30, jobs: 0, entries: 0 });
    expect(bin.setLimit(5000).limit).toBe(5000);
    bin.close();
    bin = openRecycleBin(join(folder, "bin.sqlite3"));
    expect(bin.usage().limit).toBe(5000);
    expect(bin.free()).toBe(5000);
  });

  test("lets a batch in whole or not at all", () => {
    bin.setLimit(1000);
    const writer = bin.begin(plan);
    writer.keep([image("a", "x".repeat(300))]);
    const before = bin.usage();
    expect(() => writer.keep([image("b"), image("c", "x".repeat(900))])).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: "bin_full" }) }),
    );
    expect(bin.usage()).toEqual(before);
    writer.keep([image("d")]);
    expect(bin.usage().entries).toBe(2);
  });
});

describe("removing", () => {
  test("gives the space back, on disk as well", async () => {
    const writer = bin.begin(plan);
    for (let n = 0; n < 20; n++)
      writer.keep(Array.from({ length: 600 }, (_, at) => image(`k${n}-${at}`, "x".repeat(400))));
    const other = bin.begin(plan);
    other.keep([image("stays")]);
    const path = join(folder, "bin.sqlite3");
    bin.close();
    const before = statSync(path).size;
    bin = openRecycleBin(path);
    await bin.remove(writer.id);
    expect(bin.usage()).toMatchObject({ jobs: 1, entries: 1 });
    expect(bin.jobs().map(({ id }) => id)).toEqual([other.id]);
    expect(() => bin.origin(writer.id)).toThrow();
    bin.close();
    expect(statSync(path).size).toBeLessThan(before / 10);
    bin = openRecycleBin(path);
  });

  test("a job that still fills ends its writer", async () => {
    const writer = bin.begin(plan);
    writer.keep([image("a")]);
    await bin.remove(writer.id);
    expect(() => writer.keep([image("b")])).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: "not_found" }) }),
    );
    expect(bin.usage()).toMatchObject({ bytes: 0, entries: 0 });
  });
});

test("history is per place and key; purges stay out of it until something was put back", () => {
  const edit = bin.begin({ ...plan, kind: "edit" });
  edit.keep([image("a")]);
  const elsewhere = bin.begin({ ...plan, kind: "edit", identity: "elsewhere" });
  elsewhere.keep([image("a")]);
  const purge = bin.begin({ ...plan, kind: "purge" });
  purge.keep([image("a"), image("b")]);
  expect(bin.history("place", "a").map(({ job }) => job.id)).toEqual([edit.id]);
  bin.restored(purge.id, [0]);
  bin.restored(purge.id, [0]);
  expect(bin.history("place", "a").map(({ job }) => job.id)).toEqual([purge.id, edit.id]);
  expect(bin.origin(purge.id).job).toMatchObject({ entries: 2, restorable: 1 });
});

test("several threads fill it at once, and nothing is lost", async () => {
  const source = new URL("../../src/main/workspace/recycle-bin.ts", import.meta.url).href;
  const threads = [1, 2, 3].map(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(
          `const { workerData: { source, path, name, plan } } = require("node:worker_threads");
           import(source).then(({ openRecycleBin }) => {
             const bin = openRecycleBin(path);
             const writer = bin.begin(plan);
             for (let n = 0; n < 40; n++)
               writer.keep(Array.from({ length: 25 }, (_, at) => ({
                 entry: { key: name + "-" + n + "-" + at, data: "x", size: 1, expires: null, writtenAt: null, token: "" },
                 after: null })));
             bin.close();
           }).then(() => process.exit(0), (error) => { throw error; });`,
          {
            eval: true,
            execArgv: [],
            workerData: { source, path: join(folder, "bin.sqlite3"), name, plan },
          },
        );
        worker.once("error", reject);
        worker.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(String(code)))));
      }),
  );
  await Promise.all(threads);
  expect(bin.usage()).toMatchObject({ jobs: 3, entries: 3000 });
  for (const { id } of bin.jobs()) expect(bin.images(id, undefined, 5000, 10)).toHaveLength(1000);
});

test("a damaged file is kept aside", () => {
  bin.close();
  const path = join(folder, "bin.sqlite3");
  writeFileSync(path, "this is no database, whatever its name says ".repeat(100));
  bin = openRecycleBin(path);
  expect(bin.damaged).toMatch(/\.damaged-/);
  expect(readFileSync(bin.damaged ?? "", "utf8")).toContain("no database");
  bin.begin(plan).keep([image("a")]);
  expect(bin.usage().entries).toBe(1);
});
