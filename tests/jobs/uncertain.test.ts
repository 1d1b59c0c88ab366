/** Changes that were made though the answer was lost on the way back: the bin keeps what was there, and puts it back. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { deleteSessions, expireSessions } from "../../src/main/jobs/change-sessions.ts";
import { ReadEntries } from "../../src/main/jobs/edit-base.ts";
import { saveDraft } from "../../src/main/jobs/edit-save.ts";
import { inspectSession } from "../../src/main/jobs/inspect.ts";
import { restore } from "../../src/main/jobs/restore.ts";
import { problem } from "../../src/main/problem.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { openStore } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { type Site, site } from "./site.ts";

let made: Site;
let store: Store;
let bin: ReturnType<typeof openRecycleBin>;
beforeEach(async () => {
  made = await site(`
session = SessionStore()
session["n"] = 1
session.save()
`);
  store = await openStore({ ...made.recipe, writable: true });
  bin = openRecycleBin(made.recipe.binPath);
});
afterEach(async () => {
  bin.close();
  await store.close();
  await made.close();
});

/** The server does what it is told, and nobody hears of it. */
const deaf = (): Store => {
  const lost = async (work: Promise<unknown> | undefined): Promise<never> => {
    await work;
    throw problem("store_gone", "The connection is lost.");
  };
  return {
    ...store,
    changeAll: (changes) => lost(store.changeAll?.(changes)),
    write: (request) => lost(store.write(request)),
  };
};

const changing = (through: Store) => ({
  ...{ recipe: made.recipe, store: through, bin, identity: "here" },
  signal: new AbortController().signal,
});

it.each(["delete", "expire", "edit"])("%s", async (act) => {
  const [first] = await store.page({ order: "expires", limit: 1, maxData: 0 });
  const { key = "" } = first ?? {};
  const before = await store.get(key, 9999);
  const { token } = await inspectSession(changing(store), key);
  const draft = { key, token, text: '{"n": 2}', expiry: "recompute" as const };
  const done =
    act === "delete"
      ? deleteSessions(changing(deaf()), [key])
      : act === "expire"
        ? expireSessions(changing(deaf()), [key])
        : saveDraft(changing(deaf()), new ReadEntries(), draft);
  await expect(done).rejects.toThrow("The connection is lost.");
  expect((await store.get(key, 9999))?.token).not.toBe(before?.token);
  const [job] = bin.jobs();
  expect(job).toMatchObject({ entries: 1, restorable: 1 });
  const report = await restore(changing(store), {
    title: "test",
    images: [bin.images(job?.id ?? "", undefined, 9, 9999)],
    restored: (sequences) => bin.restored(job?.id ?? "", sequences),
  });
  expect(report).toMatchObject({ done: 1, skippedCount: 0 });
  expect(await store.get(key, 9999)).toEqual(before);
});
