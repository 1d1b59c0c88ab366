/** Keeping before-images: a job's writer, whose every call is durable when it returns. */
import { randomInt } from "node:crypto";
import type Database from "better-sqlite3";
import { connectionSchema } from "../../shared/connection.ts";
import { binCost, storedSize } from "../jobs/bin-space.ts";
import type { BeforeImage, Bin, BinWriter } from "../jobs/context.ts";
import { tokensOf } from "../jobs/pair.ts";
import { ProblemError, problem } from "../problem.ts";
import { binProblem, imagesPerJob } from "./bin-database.ts";
import { now, type Statements } from "./bin-rows.ts";

const letters = "abcdefghijkmnpqrstuvwxyz23456789";
const shortId = (): string =>
  Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join("");

/** An image of the last `keep`. */
interface Kept {
  id: number;
  size: number;
  pair: boolean;
}

/** `free`: bytes the bin has left. The job gets its row with the first image. */
export function binWriter(
  db: Database.Database,
  prepare: Statements,
  job: Parameters<Bin["begin"]>[0],
  free: () => number,
): BinWriter {
  const id = `${job.kind}-${shortId()}`;
  const { connection } = job.recipe;
  const isPurge = job.kind === "purge";
  let number: number | null = null;
  let next = 0;
  let recent = new Map<string, Kept>();

  function open(): number {
    const made = prepare.newJob.run({
      id,
      kind: job.kind,
      title: job.title,
      connection: connection.id,
      name: connection.name,
      identity: job.identity,
      recipe: JSON.stringify(connectionSchema.parse(connection)),
      at: now(),
    });
    return Number(made.lastInsertRowid);
  }

  const keep = db.transaction((images: BeforeImage[]) => {
    const bytes = images.reduce((sum, { entry }) => sum + binCost(1, storedSize(entry)), 0);
    if (bytes > free())
      throw problem("bin_full", "The recycle bin is full.", "Raise its limit or remove jobs.");
    const into = number ?? open();
    const kept = new Map<string, Kept>();
    const at = now();
    let imageId = into * imagesPerJob + next;
    for (const { entry, after, afterCopy = null } of images) {
      const { key, halves } = entry;
      const { data, expires, writtenAt, size, token } = halves?.row ?? halves?.copy ?? entry;
      const copy = halves?.row ? halves.copy : null;
      if (data === null || copy?.data === null)
        throw problem("too_large", `Session ${key} is too large for the recycle bin.`);
      const cost = binCost(1, storedSize(entry));
      // Of the hundreds of thousands in a purge none is settled or forgotten.
      if (!isPurge) kept.set(key, { id: imageId, size: cost, pair: halves !== undefined });
      const listed = isPurge ? 0 : 1;
      prepare.keep.run(imageId, at, key, data, expires, writtenAt, size, token, after, listed);
      if (halves) {
        const { data = null, expires = null, size = 0, token = null } = copy ?? {};
        const state = entry.pair ?? null;
        prepare.keepPair.run(imageId, state, data, expires, size, token, afterCopy);
      }
      imageId++;
    }
    if (prepare.countJob.run({ rows: images.length, bytes, number: into }).changes === 0)
      throw problem("not_found", "The copies of this job were removed while it ran.");
    return { into, kept };
  });

  const settle = db.transaction((written: { key: string; token: string }[]) => {
    for (const { key, token } of written) {
      const kept = recent.get(key);
      if (!kept) continue;
      const [row, copy] = kept.pair ? tokensOf(token) : [token, null];
      // What was not written keeps the mark it has.
      if (row ?? copy) prepare.settle.run(row ?? copy, kept.id);
      if (row && copy) prepare.settlePair.run(copy, kept.id);
    }
  });

  const forget = db.transaction((keys: string[]) => {
    let rows = 0;
    let bytes = 0;
    for (const key of keys) {
      const kept = recent.get(key);
      if (!kept) continue;
      rows += prepare.forget.run(kept.id).changes;
      if (kept.pair) prepare.forgetPair.run(kept.id);
      bytes += kept.size;
    }
    if (number !== null) prepare.countJob.run({ rows: -rows, bytes: -bytes, number });
  });

  function typed<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw binProblem(error, db.name);
    }
  }

  /** What was done is told as done: an image that is not settled, or left over, is known by its content. */
  function unlessFull(work: () => void): void {
    try {
      typed(work);
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.code === "disk_full")) throw error;
    }
  }

  return {
    id,
    keep(images) {
      if (images.length === 0) return;
      const { into, kept } = typed(() => keep.immediate(images));
      number = into;
      next += images.length;
      recent = kept;
    },
    settle: (written) => unlessFull(() => settle.immediate(written)),
    forget(keys) {
      if (keys.length > 0) unlessFull(() => forget.immediate(keys));
    },
  };
}
