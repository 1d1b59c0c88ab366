/** Saves a draft: kept in the bin, written only onto what was read, and read back. */
import type { DiffLine, Draft, SaveResult } from "../../shared/edit.ts";
import { problem } from "../problem.ts";
import { diffValues } from "../python/diff.ts";
import type { PyDict } from "../python/value.ts";
import type { Entry } from "../stores/driver.ts";
import { contentMark } from "./bin-space.ts";
import { isUncertain } from "./change-apply.ts";
import type { ChangeContext } from "./change-many.ts";
import { draftValue, expiryOf, storedBoth, storedDraft } from "./draft.ts";
import { formForNew, readEntry } from "./draft-form.ts";
import type { ReadEntries } from "./edit-base.ts";
import { describeEntry, inspectSession } from "./inspect.ts";

const wholeData = 2 ** 31;

/** An empty token creates the session; a key that lives is a conflict then as well. */
export async function saveDraft(
  context: ChangeContext,
  read: ReadEntries,
  draft: Draft,
): Promise<SaveResult> {
  const { store, recipe, identity } = context;
  if (draft.token === "") return create(context, read, draft);
  const entry = await store.get(draft.key, wholeData);
  if (!entry || entry.token !== draft.token) return conflict(context, read, draft);
  const reading = readEntry(entry, recipe);
  const value = draftValue(draft.text, reading.value);
  const stored = await storedBoth(value, entry, draft, context);
  const title = `Edit ${draft.key}`;
  const bin = context.bin.begin({ kind: "edit", title, recipe, identity });
  const afterCopy = stored.copy === undefined ? null : contentMark(stored.copy);
  bin.keep([{ entry, after: contentMark(stored.data), afterCopy }]);
  const { writtenAt, ...written } = stored;
  const request = { key: draft.key, ...written, ...(writtenAt === null ? {} : { writtenAt }) };
  const outcome = await write(
    () => store.write({ ...request, expected: draft.token }),
    () => bin.forget([draft.key]),
  );
  if (outcome.outcome !== "done") {
    bin.forget([draft.key]);
    read.remember(identity, entry);
    return conflict(context, read, draft);
  }
  bin.settle([{ key: draft.key, token: outcome.token }]);
  await assertStored(context, draft.key, outcome.token, stored);
  return { outcome: "saved", session: await inspectSession(context, draft.key), job: bin.id };
}

async function write<Outcome>(work: () => Promise<Outcome>, undo: () => void): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!isUncertain(error)) undo();
    throw error;
  }
}

/** Somebody else may already have written again; then the token says so and there is nothing to compare. */
async function assertStored(
  { store }: ChangeContext,
  key: string,
  token: string,
  { data, copy }: { data: string | Uint8Array; copy?: string | Uint8Array },
): Promise<void> {
  const back = await store.get(key, wholeData);
  if (!back || back.token !== token) return;
  const { row, copy: held } = back.halves ?? { row: back, copy: null };
  const isSame = (one: Entry | null, given: string | Uint8Array | undefined) =>
    one?.data == null || given === undefined || contentMark(one.data) === contentMark(given);
  if (!isSame(row ?? held, data) || !isSame(row && held, copy))
    throw problem("store_failed", "What was read back is not what was written.");
}

async function create(
  context: ChangeContext,
  read: ReadEntries,
  draft: Draft,
): Promise<SaveResult> {
  const { store, recipe } = context;
  const value = draftValue(draft.text, undefined);
  const now = await store.now();
  const blank = { expires: null, writtenAt: null };
  const { data } = storedDraft(value, blank, await formForNew(store, recipe), "keep", recipe, now);
  const outcome = await store.write({
    key: draft.key,
    data,
    expires: expiryOf(value, recipe, now),
    expected: null,
  });
  if (outcome.outcome !== "done") return conflict(context, read, draft);
  return { outcome: "saved", session: await inspectSession(context, draft.key), job: "" };
}

/** Both sides, measured from what was read where that is still known, else from an empty session. */
async function conflict(
  context: ChangeContext,
  read: ReadEntries,
  draft: Draft,
): Promise<SaveResult> {
  const { store, recipe, identity } = context;
  const base = read.find(identity, draft.key, draft.token);
  const before = base ? readEntry(base, recipe).value : undefined;
  const entry = await store.get(draft.key, wholeData);
  const now = entry ? readEntry(entry, recipe).value : undefined;
  const mine = draftValue(draft.text, before ?? now);
  const from = before ?? now ?? (new Map() as PyDict);
  const theirs: DiffLine[] = now === undefined ? [] : diffValues(from, now);
  return {
    outcome: "conflict",
    current: entry ? await describeEntry(context, entry) : null,
    theirs,
    yours: diffValues(from, mine),
  };
}
