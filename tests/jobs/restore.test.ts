import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contentMark } from "../../src/main/jobs/bin-space.ts";
import type { OpenRecipe } from "../../src/main/jobs/context.ts";
import { restore } from "../../src/main/jobs/restore.ts";
import { openContext } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { keyOf, makeDatabase, rowsOf, signed } from "../workspace/store.ts";

let folder: string;
let path: string;
let recipe: OpenRecipe;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sessionscope-restore-"));
  path = join(folder, "db.sqlite3");
  makeDatabase(path, [{ key: keyOf(0) }, { key: keyOf(1) }]);
  recipe = {
    connection: connectionSchema.parse({
      id: "x",
      name: "x",
      driver: "sqlite",
      options: { path },
    }),
    keys: { fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
    settings: filledSettings({}),
    writable: true,
    binPath: join(folder, "bin.sqlite3"),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fresh = signed('{"edited":true}');

/** Runs code over an open context in a process of its own, which dies without a word at the end. */
function dying(code: string): void {
  const source = (name: string) =>
    JSON.stringify(new URL(`../../src/main/${name}`, import.meta.url).href);
  const ran = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { openContext } from ${source("workspace/open-context.ts")};
       import { contentMark } from ${source("jobs/bin-space.ts")};
       const recipe = ${JSON.stringify(recipe)};
       const { context } = await openContext(recipe);
       const { store, bin } = context;
       const writer = bin.begin({ kind: "edit", title: "x", recipe, identity: "x" });
       const entry = await store.get(${JSON.stringify(keyOf(0))}, 1e6);
       ${code}
       process.kill(process.pid, "SIGKILL");
       await new Promise(() => {});`,
    ],
    { encoding: "utf8" },
  );
  if (ran.signal !== "SIGKILL") throw new Error(ran.stderr);
}

async function putBack() {
  const { context, close } = await openContext(recipe);
  const bin = openRecycleBin(recipe.binPath);
  const [job] = bin.jobs();
  const id = job?.id ?? "";
  const { signal } = new AbortController();
  const report = await restore(
    { ...context, identity: "x", signal },
    {
      title: "x",
      images: [bin.images(id, undefined, 100, 1e6)],
      restored: (sequences) => bin.restored(id, sequences),
    },
  );
  bin.close();
  await close();
  return { job, report };
}

describe("a process that dies", () => {
  test("between the bin and the deletion loses nothing, and the image is passed over", async () => {
    const before = rowsOf(path);
    dying("writer.keep([{ entry, after: null }]);");
    expect(rowsOf(path)).toEqual(before);
    const { job, report } = await putBack();
    expect(job).toMatchObject({ entries: 1 });
    expect(report).toMatchObject({
      done: 0,
      skipped: [{ reason: "A session with this key lives." }],
    });
    expect(rowsOf(path)).toEqual(before);
  });

  test("after the deletion leaves all that is needed to put it back", async () => {
    const before = rowsOf(path);
    dying("writer.keep([{ entry, after: null }]); await store.delete(entry.key, entry.token);");
    expect(rowsOf(path)).toHaveLength(1);
    expect((await putBack()).report).toMatchObject({ done: 1 });
    expect(rowsOf(path)).toEqual(before);
  });

  test("between the bin and an overwriting leaves the session as it was", async () => {
    const before = rowsOf(path);
    dying(`writer.keep([{ entry, after: contentMark(${JSON.stringify(fresh)}) }]);`);
    expect((await putBack()).report).toMatchObject({
      done: 0,
      skipped: [{ reason: "It is as it was." }],
    });
    expect(rowsOf(path)).toEqual(before);
  });

  test("right after an overwriting, before its token was noted, can be undone", async () => {
    const before = rowsOf(path);
    dying(
      `const data = ${JSON.stringify(fresh)};
       writer.keep([{ entry, after: contentMark(data) }]);
       await store.write({ key: entry.key, data, expires: entry.expires, expected: entry.token });`,
    );
    expect(rowsOf(path)[0]?.session_data).toBe(fresh);
    expect((await putBack()).report).toMatchObject({ done: 1 });
    expect(rowsOf(path)).toEqual(before);
  });
});

test("a mark names content, not its kind", () => {
  expect(contentMark("abc")).toBe(contentMark(new TextEncoder().encode("abc")));
  expect(contentMark("abc")).not.toBe(contentMark("abd"));
});
