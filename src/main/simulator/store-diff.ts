/** What a step changed in the store, line by line. */
import type { StoreDiffLine } from "../../shared/simulator.ts";
import { writeTagged } from "../python/tagged.ts";
import { isDict, type PyValue } from "../python/value.ts";
import type { StoreAfter } from "./timeline.ts";
import { cut } from "./words.ts";

const MOST_LINES = 500;
const MOST_TEXT = 500;

interface Line {
  readonly path: string;
  readonly text: string;
}

/** A record's lines, its own first, then what it says and one a key of its data. */
const recordLines = (kind: string, key: string, facts: Record<string, PyValue>, data: PyValue) => {
  const path = `${kind} ${key}`;
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
      text: fact === null ? "never" : String(fact),
    })),
    ...values,
  ];
};

function linesOf({ rows, cache, files }: StoreAfter): Map<string, Line[]> {
  const records = new Map<string, Line[]>();
  for (const { key, expires, data } of rows ?? [])
    records.set(`row ${key}`, recordLines("row", key, { expires }, data));
  for (const { key, expires, data } of cache ?? [])
    records.set(`cache ${key}`, recordLines("cache", key, { expires }, data));
  for (const { file, modified, data } of files ?? [])
    records.set(`file ${file}`, recordLines("file", file, { modified }, data));
  return records;
}

/** Lines of the records a step touched; the first 500. Records that stayed as they are say so in one line. */
export function storeDiff(before: StoreAfter, after: StoreAfter): StoreDiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const lines: StoreDiffLine[] = [];
  for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    if (lines.length >= MOST_LINES) break;
    const compared = compareRecords(old.get(name) ?? [], now.get(name) ?? []);
    lines.push(
      ...(compared.every(({ kind }) => kind === "same") ? compared.slice(0, 1) : compared),
    );
  }
  return lines.slice(0, MOST_LINES);
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
