/** What a step changed in the store, line by line. */
import type { StoreDiffLine } from "../../shared/run.ts";
import { writeTagged } from "../python/tagged.ts";
import { isDict } from "../python/value.ts";
import type { StoredRecord } from "./snapshot.ts";
import { cut } from "./words.ts";

const MOST_LINES = 500;
const MOST_TEXT = 500;

interface Line {
  readonly path: string;
  readonly text: string;
}

/** A record's lines, its own first, then what it says and one a key of its data. */
function linesOf(stored: StoredRecord | undefined): Line[] {
  if (stored === undefined) return [];
  const path = `${stored.kind} ${stored.key}`;
  const { facts, data } = stored.read();
  const values: Line[] = isDict(data)
    ? [...data].map(([name, value]) => ({
        path: `${path} data.${typeof name === "string" ? name : writeTagged(name)}`,
        text: cut(writeTagged(value), MOST_TEXT),
      }))
    : [{ path: `${path} data`, text: data === null ? "empty file" : writeTagged(data) }];
  return [
    { path, text: "" },
    ...Object.entries(facts).map(([name, fact]) => ({
      path: `${path} ${name}`,
      text: fact ?? "never",
    })),
    ...values,
  ];
}

/** Lines of the records a step touched, then one for each that stayed as it was, both sorted by record; at most 500. */
export function storeDiff(
  before: ReadonlyMap<string, StoredRecord>,
  after: ReadonlyMap<string, StoredRecord>,
): StoreDiffLine[] {
  const same: StoreDiffLine[] = [];
  const touched: StoreDiffLine[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [was, is] = [before.get(name), after.get(name)];
    const [stays, ...others] =
      was !== undefined && was.record === is?.record
        ? [{ kind: "same", path: name, before: "", after: "" } as const]
        : compareRecords(linesOf(was), linesOf(is));
    if (stays === undefined) continue;
    if ([stays, ...others].every(({ kind }) => kind === "same")) same.push(stays);
    else touched.push(stays, ...others);
    if (touched.length >= MOST_LINES) break;
  }
  return [...touched, ...same].slice(0, MOST_LINES);
}
function compareRecords(old: readonly Line[], now: readonly Line[]): StoreDiffLine[] {
  const before = new Map(old.map(({ path, text }) => [path, text]));
  const after = new Map(now.map(({ path, text }) => [path, text]));
  return [...new Set([...before.keys(), ...after.keys()])].map((path) => {
    const [was, is] = [before.get(path) ?? null, after.get(path) ?? null];
    const kind = was === null ? "added" : is === null ? "removed" : was === is ? "same" : "changed";
    return { kind, path, before: was, after: is };
  });
}
