/**
 * What is open, as the browser's storage keeps it: one list for all windows. Each follows what the others keep, and
 * none overwrites it; which scenario is shown is each window's own.
 */
import { z } from "zod";
import { policySchema, scenarioSchema } from "../../../shared/scenario.ts";
import type { Doc } from "./document.ts";

const place = "sessionscope-simulator";

const elsewhere = "elsewhere";

const keptSchema = z.object({
  current: z.string(),
  docs: z
    .array(
      z.object({
        id: z.string(),
        scenario: scenarioSchema,
        policyName: z.string(),
        policies: z.array(policySchema).max(3),
        preset: z.string().nullable(),
        dirty: z.boolean(),
      }),
    )
    .min(1),
});

export interface Kept {
  docs: Doc[];
  current: string;
}

/** What this window last read or wrote. */
let seen: string | null = null;

/** What another window has kept since; null where there is nothing new, or nothing that can be read. */
export function takeKept(): Kept | null {
  const text = stored(() => localStorage);
  if (text === seen) return null;
  seen = text;
  return readKept(text);
}

/** Null where the text is absent or damaged: no reason not to start. */
function readKept(text: string | null): Kept | null {
  const read = keptSchema.safeParse(parsed(text));
  if (!read.success) return null;
  const docs = read.data.docs.map(({ id, dirty, preset, ...draft }) => ({
    id,
    draft,
    saved: dirty ? null : draft,
    preset,
    past: [],
    future: [],
  }));
  return { docs, current: stored(() => sessionStorage) ?? read.data.current };
}

const keptText = ({ docs, current }: Kept): string =>
  JSON.stringify({
    current,
    docs: docs.map(({ id, draft, preset, saved }) => ({
      id,
      ...draft,
      preset,
      dirty: saved !== draft,
    })),
  });

/** False where the storage does not take it. */
export function putKept(kept: Kept): boolean {
  const text = keptText(kept);
  try {
    sessionStorage.setItem(place, kept.current);
    localStorage.setItem(place, text);
    seen = text;
    return true;
  } catch {
    return false;
  }
}

/** Calls back when another window may have kept something. */
export function onKept(read: () => void): void {
  addEventListener("storage", ({ key }) => key === place && read());
  // A window that slept may not have been told.
  document.addEventListener("visibilitychange", () => !document.hidden && read());
}

/**
 * A window's scenarios brought up to what another one has kept; the same array where nothing is new. `mine` are those
 * this window has just changed or closed: they stay so. Others get the other window's draft, their own being one undo
 * away. What was closed elsewhere goes, unless it is shown here.
 */
export function merge(here: Kept, there: Kept, mine: ReadonlySet<string> = new Set()): Doc[] {
  const theirs = new Map(there.docs.map((doc) => [doc.id, doc]));
  const stay = here.docs.flatMap((doc): Doc[] => {
    const other = theirs.get(doc.id);
    if (other === undefined) return doc.id === here.current || mine.has(doc.id) ? [doc] : [];
    return [mine.has(doc.id) ? doc : follow(doc, other)];
  });
  const known = new Set([...mine, ...here.docs.map(({ id }) => id)]);
  const merged = [...stay, ...there.docs.filter(({ id }) => !known.has(id))];
  const same =
    merged.length === here.docs.length && merged.every((doc, at) => doc === here.docs[at]);
  return same ? here.docs : merged;
}

function follow(doc: Doc, other: Doc): Doc {
  const dirty = other.saved === null;
  const same = JSON.stringify(doc.draft) === JSON.stringify(other.draft);
  const draft = same ? doc.draft : other.draft;
  const saved = dirty ? (doc.saved === draft ? null : doc.saved) : draft;
  if (same && saved === doc.saved) return doc;
  // What another window does in a row is one step of undo here.
  const joined = same || doc.past.at(-1)?.tag === elsewhere;
  const past = joined ? doc.past : [...doc.past, { draft: doc.draft, tag: elsewhere }];
  return { ...doc, draft, saved, past, future: same ? doc.future : [] };
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}

/** Null where there is nothing, or storage is forbidden. */
function stored(storage: () => Storage): string | null {
  try {
    return storage().getItem(place);
  } catch {
    return null;
  }
}
