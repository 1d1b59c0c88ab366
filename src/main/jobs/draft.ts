/** Drafts: an edited value on its way to the store, as text, as a tree, and as it would be stored. */
import type { Draft, DraftCheck, ExpiryRule, TreeChange } from "../../shared/edit.ts";
import type { ValueNode } from "../../shared/value.ts";
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import { getExpiryDate } from "../engine/lifetime.ts";
import { type Reading, readStored } from "../engine/read.ts";
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

/** A stored value with its signature checked, as drafts are based on it. */
export const readEntry = (entry: Entry, { keys }: OpenRecipe): Reading =>
  readStored(entry.data ?? "", keys);

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

/** The form a value is written in. */
type Form = Pick<Reading, "encoding" | "serializer" | "protocol" | "mac" | "cache">;

/** As Django 5.2 writes a new session. */
const newForm: Form = {
  encoding: "signed",
  serializer: "json",
  protocol: null,
  mac: "sha256",
  cache: null,
};

/**
 * The form of a new session. A cache is not told apart by its kind: what its site loads is pickle, JSON or signed text,
 * as a session shows that is there. not_writable where there is none to go by.
 */
export async function formForNew({ store, recipe }: StoreContext): Promise<Form> {
  if (store.kind !== "cache") return newForm;
  const page = await store.page({ order: "expires", limit: 20, maxData: sampleData });
  for (const entry of page) {
    if (entry.data === null) continue;
    const reading = readEntry(entry, recipe);
    if (isDict(reading.value) && reading.serializer !== null) return reading;
  }
  throw problem(
    "not_writable",
    "No session is there that shows in which form the site stores them.",
    "When the site has stored one, others can be written like it.",
  );
}

/** Larger sessions are no samples of a form. */
const sampleData = 64 * 1024;

/** The form the session was found in. Problems: bad_signature and not_writable, unless `resign`. */
export async function formOf(
  reading: Reading,
  resign: boolean,
  context: StoreContext,
): Promise<Form> {
  if (resign && (reading.value === undefined || reading.serializer === null))
    return formForNew(context);
  if (reading.signature === "invalid" && !resign)
    throw problem(
      "bad_signature",
      "No key fits this session's signature. Saving it would make it valid, whoever wrote it.",
    );
  if (reading.serializer === null)
    throw problem("not_writable", "The stored value has no known form to write back.");
  return reading;
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
  const form = await formOf(reading, draft.resign ?? false, context);
  const stored = storedDraft(value, entry, form, draft.expiry, recipe, await store.now());
  return {
    diff: reading.value === undefined ? [] : diffValues(reading.value, value),
    value: toNode(value),
    expires: stored.expires,
    previousExpires: entry.expires,
    size: sizeOf(stored.data),
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
