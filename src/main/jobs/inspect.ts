/** Everything about one session: its value, the layers it is stored in, why it lives, its cookie, what Django sees. */
import { Buffer } from "node:buffer";
import type { Problem } from "../../shared/problem.ts";
import type { SessionDetail } from "../../shared/session.ts";
import { readLayers } from "../engine/layers.ts";
import { type Reading, readStored } from "../engine/read.ts";
import { writeStored } from "../engine/write.ts";
import { ProblemError, problem } from "../problem.ts";
import { diffValues } from "../python/diff.ts";
import { toNode } from "../python/node.ts";
import { writeTagged } from "../python/tagged.ts";
import { isDict, type PyDict, type PyValue } from "../python/value.ts";
import type { Entry } from "../stores/driver.ts";
import type { StoreContext } from "./context.ts";
import { rowNeedsKey } from "./draft-form.ts";
import { cookieOf } from "./inspect-cookie.ts";
import { djangoSees } from "./inspect-django.ts";
import { lifetimeOf } from "./inspect-lifetime.ts";
import { rowOf, withNames } from "./row.ts";

/** Stored bytes that are fetched, and handed out whole by `raw`. */
export const RAW_BYTES = 64 * 1024 * 1024;
/** Bytes, stored or inflated, that are decoded: larger values are shown raw, as far as a preview goes. */
export const DECODED_BYTES = 16 * 1024 * 1024;
/** Characters of tagged JSON that are edited as text. */
export const TEXT_LENGTH = 1024 * 1024;

/** not_found where the key is gone, bad_key where it is none. */
export async function inspectSession(context: StoreContext, key: string): Promise<SessionDetail> {
  return describeEntry(context, await fetchEntry(context, key));
}

/** The stored value as it is: text, or bytes in base64. too_large beyond 64 MB. */
export async function rawValue(
  context: StoreContext,
  key: string,
): Promise<{ text: string | null; base64: string | null }> {
  const { data, size } = await fetchEntry(context, key);
  if (data === null)
    throw problem("too_large", `The value has ${size} bytes; at most 64 MB are handed out.`);
  return typeof data === "string"
    ? { text: data, base64: null }
    : { text: null, base64: Buffer.from(data).toString("base64") };
}

async function fetchEntry({ store }: StoreContext, key: string): Promise<Entry> {
  const entry = await store.get(key, RAW_BYTES);
  if (entry) return entry;
  throw problem(
    "not_found",
    "There is no session with this key.",
    "It may have been deleted, or have ended.",
  );
}

/** The detail of an entry in hand, as it stands now. */
export async function describeEntry(
  { store, recipe }: StoreContext,
  entry: Entry,
): Promise<SessionDetail> {
  const { data } = entry;
  const rules = { keys: recipe.keys, settings: recipe.settings, now: await store.now() };
  const bound = { maxBytes: DECODED_BYTES };
  const reading = data === null ? null : readStored(data, recipe.keys, bound);
  const row = rowOf(entry, reading, rules);
  const dict = isDict(reading?.value) ? reading.value : null;
  const tooLarge = tooLargeFor(entry);
  if (data === null) row.problem = tooLarge;
  await withNames([row], store);
  const text = reading?.value === undefined ? null : taggedText(reading);
  const needsKey = rowNeedsKey(entry, recipe);
  const differing = valuesOf(entry);
  // What is shown of a pair may be the cache's.
  const isCopy = entry.halves?.copy != null && entry.data === entry.halves.copy.data;
  const kind = isCopy ? "cache" : store.kind;
  const unreadable = entry.pair === "different" && differing === null;
  const cookieValue =
    store.kind === "signed_cookies" && typeof data === "string" ? data : entry.key;
  return {
    row,
    token: entry.token,
    lifetime: lifetimeOf(row, dict, rules, store.kind),
    value: reading?.value === undefined ? null : toNode(reading.value),
    text: typeof text === "string" ? text : null,
    notEditable:
      reading && dict && typeof text === "string"
        ? cannotWrite(reading, dict, recipe.keys, store.capabilities.write, needsKey)
        : (reading?.problem ?? (text && typeof text === "object" ? text : tooLarge)),
    layers: data === null ? [] : readLayers(data, recipe.keys, bound),
    cookie: cookieOf(row, cookieValue, dict, rules, store.kind),
    djangoSees: unreadable ? fallsBack : djangoSees(reading, row.state, kind),
    rowDiff: differing && !unreadable ? diffValues(...differing).slice(0, MOST_LINES) : null,
  };
}

/** Of a difference between row and copy. */
const MOST_LINES = 500;

const fallsBack =
  "Django cannot read the copy in the cache, so it goes on to the row, which is shown, and caches that.";

/** Of a row and a copy that differ both values, the row's first; null where one of them cannot be read. */
function valuesOf({ pair, halves }: Entry): [row: PyValue, copy: PyValue] | null {
  if (pair !== "different") return null;
  const [row, copy] = [halves?.row, halves?.copy].map((half) =>
    half?.data == null
      ? undefined
      : readStored(half.data, {}, { verify: false, maxBytes: DECODED_BYTES }).value,
  );
  return row === undefined || copy === undefined ? null : [row, copy];
}

const tooLargeFor = ({ size }: Entry): Problem =>
  problem("too_large", `The value has ${size} bytes, more than is read here.`).problem;

/** The value as text, or why there is none. */
function taggedText({ value }: Reading): string | Problem | null {
  if (value === undefined) return null;
  try {
    const text = writeTagged(value, { indent: 2, maxLength: TEXT_LENGTH });
    if (text.length <= TEXT_LENGTH) return text;
    return problem("too_large", "The value is more than 1 MB as text and is not edited here.")
      .problem;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
}

/** Tries the write that a save of the unchanged value would be, without a key of its own to need. */
function cannotWrite(
  reading: Reading,
  dict: PyDict,
  keys: { secretKey?: string },
  storeWrites: boolean,
  needsKey: Problem | null,
): Problem | null {
  if (!storeWrites)
    return problem("unsupported", "This kind of store cannot be written to.").problem;
  if (needsKey) return needsKey;
  const { encoding, serializer, protocol, cache } = reading;
  const signs = cache === null;
  if (signs && !keys.secretKey)
    return problem(
      "no_secret_key",
      "Saving signs the session, which needs the SECRET_KEY of its site.",
      "Add the key to the connection.",
    ).problem;
  try {
    writeStored(dict, {
      encoding,
      serializer: serializer ?? "json",
      protocol,
      cache,
      compress: false,
      ...(keys.secretKey ? { secretKey: keys.secretKey } : {}),
      now: 0n,
    });
    return null;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
}
