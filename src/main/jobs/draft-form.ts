/**
 * In which form a draft is written: the one the session was found in. A session of a table with a cache in front has two,
 * signed text in the row and a pickle or the like in the copy, and either half keeps its own.
 */
import type { Problem } from "../../shared/problem.ts";
import { type Reading, readStored } from "../engine/read.ts";
import { ProblemError, problem } from "../problem.ts";
import { isDict } from "../python/value.ts";
import type { Entry, Store } from "../stores/driver.ts";
import type { OpenRecipe, StoreContext } from "./context.ts";

/** The form a value is written in. */
export type Form = Pick<Reading, "encoding" | "serializer" | "protocol" | "mac" | "cache">;

/** As Django 5.2 writes a new session. */
const newForm: Form = {
  encoding: "signed",
  serializer: "json",
  protocol: null,
  mac: "sha256",
  cache: null,
};

/** A stored value with its signature checked, as drafts are based on it. */
export const readEntry = (entry: Entry, { keys }: Pick<OpenRecipe, "keys">): Reading =>
  readStored(entry.data ?? "", keys);

/**
 * The form of a new session: what a cache's site loads is pickle, JSON or signed text, as a session shows that is there,
 * or as the kind of cache says by itself. not_writable where there is neither to go by.
 */
export async function formForNew(store: Store, recipe: Pick<OpenRecipe, "keys">): Promise<Form> {
  if (store.kind !== "cache") return newForm;
  const page = await store.page({ order: "expires", limit: 20, maxData: sampleData });
  for (const entry of page) {
    if (entry.data === null) continue;
    const reading = readEntry(entry, recipe);
    if (isDict(reading.value) && reading.serializer !== null) return reading;
  }
  if (store.form) return { ...newForm, cache: plain, ...ofCaches[store.form] };
  throw problem(
    "not_writable",
    "No session is there that shows in which form the site stores them.",
    "When the site has stored one, others can be written like it.",
  );
}

const plain = { compressor: "none", spaced: false, expires: undefined } as const;

/** Protocol 4 is read by every Python that a Django of the last ten years runs on. */
const ofCaches = {
  pickle: { encoding: "pickle", serializer: "pickle", protocol: 4 },
  json: { encoding: "json", serializer: "json" },
  database_cache: { encoding: "database_cache", serializer: "pickle", protocol: 4 },
  file_cache: { encoding: "file_cache", serializer: "pickle", protocol: 4 },
} as const;

/** Larger sessions are no samples of a form. */
const sampleData = 64 * 1024;

/** The form the session was found in. Problems: bad_signature and not_writable, unless `resign`. */
async function formOf(
  reading: Reading,
  resign: boolean,
  store: Store,
  recipe: OpenRecipe,
): Promise<Form> {
  if (resign && (reading.value === undefined || reading.serializer === null))
    return formForNew(store, recipe);
  if (reading.signature === "invalid" && !resign)
    throw problem(
      "bad_signature",
      "No key fits this session's signature. Saving it would make it valid, whoever wrote it.",
    );
  if (reading.serializer === null)
    throw problem("not_writable", "The stored value has no known form to write back.");
  return reading;
}

/** `main` of what is stored; of a pair, `copy` where there is one beside the row. */
export interface Forms {
  main: Form;
  copy: Form | null;
}

/** Problems as formOf(); no_secret_key where a pair's row cannot be signed. */
export async function formsOf(
  entry: Entry,
  resign: boolean,
  { store, recipe }: StoreContext,
): Promise<Forms> {
  const reading = readEntry(entry, recipe);
  const { row, copy } = entry.halves ?? { row: null, copy: null };
  const missing = row && rowNeedsKey(entry, recipe);
  if (missing) throw new ProblemError(missing);
  if (!row || !copy || !store.halves)
    return { main: await formOf(reading, resign, store, recipe), copy: null };
  // What is edited is the cache's copy, which the site trusts, whatever the row is signed with.
  const hit = entry.pair === "different" && copy.data === entry.data;
  const rowReading = readEntry(row, recipe);
  const main =
    hit && (rowReading.serializer === null || rowReading.cache !== null) ? newForm : rowReading;
  const ofCopy = hit ? reading : readEntry(copy, recipe);
  return {
    main: hit ? main : await formOf(reading, resign, store, recipe),
    copy: await formOf(ofCopy, true, store.halves.copy, recipe),
  };
}

/** Why a pair that has a row cannot be saved without a key; null: it can, or is none. */
export function rowNeedsKey({ halves }: Entry, { keys }: Pick<OpenRecipe, "keys">): Problem | null {
  if (keys.secretKey || !halves?.row) return null;
  const beside = halves.copy
    ? "The copy in the cache is not signed, but Django goes by the row as soon as the cache drops it."
    : "There is no copy of it in the cache.";
  return problem(
    "no_secret_key",
    `Saving signs the row in the table, which needs the SECRET_KEY of the site. ${beside}`,
    "Add SECRET_KEY to the connection.",
    { setting: "SECRET_KEY", half: "row" },
  ).problem;
}
