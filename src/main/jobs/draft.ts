/** Drafts: an edited value on its way to the store, as text, as a tree, and as it would be stored. */
import type { Draft, DraftCheck, ExpiryRule, TreeChange } from "../../shared/edit.ts";
import type { ValueNode } from "../../shared/value.ts";
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import { getExpiryDate } from "../engine/lifetime.ts";
import { instant, isoMicros, type Micros } from "../engine/time.ts";
import { writeStored } from "../engine/write.ts";
import { problem } from "../problem.ts";
import { diffValues } from "../python/diff.ts";
import { deleteAt, insertAt, renameKey, setAt } from "../python/edit.ts";
import { toNode } from "../python/node.ts";
import { readTagged, writeTagged } from "../python/tagged.ts";
import { isDict, type PyDict, type PyValue } from "../python/value.ts";
import type { Entry, Store } from "../stores/driver.ts";
import type { OpenRecipe, StoreContext } from "./context.ts";
import { type Form, formsOf, readEntry } from "./draft-form.ts";

const wholeData = 2 ** 31;

/** not_found where it is gone. */
export async function entryOf(store: Store, key: string, maxData = wholeData): Promise<Entry> {
  const entry = await store.get(key, maxData);
  if (!entry)
    throw problem(
      "not_found",
      "There is no session with this key.",
      "It may have been deleted, or have ended.",
    );
  return entry;
}

/** The draft's value. bad_json says where; not_a_dict for anything a session cannot be. */
export function draftValue(text: string, original: PyValue | undefined): PyDict {
  const value = readTagged(text, original === undefined ? {} : { original });
  if (isDict(value)) return value;
  throw problem("not_a_dict", "A session has to be a dict: JSON text in braces.");
}

/** A draft as the store would hold it. */
export interface Stored {
  data: string | Uint8Array;
  expires: string | null;
  writtenAt: string | null;
}

/** The draft as both halves of a pair would hold it; of anything else `copy` is absent. */
export async function storedBoth(
  value: PyDict,
  entry: Entry,
  { resign = false, expiry }: Pick<Draft, "resign" | "expiry">,
  context: StoreContext,
): Promise<Stored & { copy?: string | Uint8Array }> {
  const { recipe, store } = context;
  const forms = await formsOf(entry, resign, context);
  const now = await store.now();
  const { copy } = entry.halves ?? {};
  const main = storedDraft(value, entry, forms.main, expiry, recipe, now);
  if (!copy || !forms.copy) return main;
  return { ...main, copy: storedDraft(value, copy, forms.copy, expiry, recipe, now).data };
}

/** Signs with the current key. Problems: no_secret_key, not_writable. */
export function storedDraft(
  value: PyDict,
  entry: Pick<Entry, "expires" | "writtenAt">,
  form: Form,
  rule: ExpiryRule,
  recipe: OpenRecipe,
  now: string,
): Stored {
  const keep = rule === "keep";
  const expires = keep ? entry.expires : expiryOf(value, recipe, now);
  // A file of a cache begins with its expiry.
  const stamp = expires === null ? null : Number(microsOf(expires)) / 1e6;
  const data = writeStored(value, {
    encoding: form.encoding,
    serializer: form.serializer ?? "json",
    protocol: form.protocol,
    mac: form.mac === "sha1" ? "sha1" : "sha256",
    cache: form.cache && { ...form.cache, expires: stamp },
    secretKey: recipe.keys.secretKey,
    salt: recipe.keys.salt,
    now: microsOf(now),
  });
  return { data, expires, writtenAt: keep ? entry.writtenAt : now };
}

/** expire_date as Django's save() sets it at that moment. bad_request where `_session_expiry` makes no sense. */
export function expiryOf(value: PyDict, { settings }: OpenRecipe, now: string): string {
  try {
    const rules = { settings, version: "5.2", now: microsOf(now) } as const;
    return isoMicros(instant(getExpiryDate(value, rules), settings.TIME_ZONE));
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    throw problem(
      "bad_request",
      `Django could not save this: _session_expiry gives ${error.name}, ${error.message}.`,
      "Correct _session_expiry, remove it, or keep the stored expiry.",
    );
  }
}

const microsOf = (iso: string): Micros => instant(parseIso(iso), "UTC");

const sizeOf = (data: string | Uint8Array): number =>
  typeof data === "string" ? Buffer.byteLength(data) : data.length;

/** conflict where the session changed since the draft was begun. Writes nothing. */
export async function checkDraft(context: StoreContext, draft: Draft): Promise<DraftCheck> {
  const { store, recipe } = context;
  const entry = await entryOf(store, draft.key);
  if (entry.token !== draft.token)
    throw problem("conflict", "The session changed since it was read.", "Read it again.");
  const reading = readEntry(entry, recipe);
  const value = draftValue(draft.text, reading.value);
  const stored = await storedBoth(value, entry, draft, context);
  return {
    diff: reading.value === undefined ? [] : diffValues(reading.value, value),
    value: toNode(value),
    expires: stored.expires,
    previousExpires: entry.expires,
    size: sizeOf(entry.pair === "different" ? (stored.copy ?? stored.data) : stored.data),
  };
}

/** One change made in the tree, applied to the draft's text. */
export async function changeDraft(
  { store, recipe }: StoreContext,
  { key, text, change }: { key: string; text: string; change: TreeChange },
): Promise<{ text: string; value: ValueNode }> {
  const entry = await store.get(key, wholeData);
  const original = entry ? readEntry(entry, recipe).value : undefined;
  const value = changed(draftValue(text, original), change, original);
  if (!isDict(value)) throw problem("not_a_dict", "A session has to be a dict.");
  return { text: writeTagged(value, { indent: 2 }), value: toNode(value) };
}

function changed(draft: PyValue, change: TreeChange, original: PyValue | undefined): PyValue {
  const literal = (text: string): PyValue =>
    readTagged(text, original === undefined ? {} : { original });
  switch (change.op) {
    case "set":
      return setAt(draft, change.path, literal(change.literal));
    case "delete":
      return deleteAt(draft, change.path);
    case "rename":
      return renameKey(draft, change.path, change.key);
    case "insert":
      return insertAt(draft, change.path, literal(change.literal), change.key);
  }
}
