/** What before-images cost, and how an overwritten session is known again after a crash. */
import { hash } from "node:crypto";
import { problem } from "../problem.ts";
import type { Entry } from "../stores/driver.ts";
import type { BeforeImage, Bin } from "./context.ts";

/** Bytes a before-image takes beside its data: key, times and the table's own. */
const perImage = 120;

/** What `count` sessions of `bytes` stored bytes in all take in the bin. */
export const binCost = (count: number, bytes: number): number => bytes + count * perImage;

/** Stored bytes of a session, of both halves where it is a pair. */
export const storedSize = ({ size, halves }: Entry): number =>
  halves ? (halves.row?.size ?? 0) + (halves.copy?.size ?? 0) : size;

/** Whether all that is stored of it was brought along. */
export const isWhole = ({ data, halves }: Entry): boolean =>
  halves ? halves.row?.data !== null && halves.copy?.data !== null : data !== null;

/** bin_full with both sizes, before a job of that cost starts. */
export function assertFits(bin: Bin, cost: number): void {
  const free = bin.free();
  if (cost <= free) return;
  throw problem(
    "bin_full",
    `The recycle bin has ${megabytes(free)} left; this needs ${megabytes(cost)}.`,
    "Raise the bin's limit, remove older jobs from it, or go on without keeping copies.",
    { needs: cost, free },
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Names data about to be written, where the store's own token is not known yet. */
export const contentMark = (data: string | Uint8Array): string => `data:${hash("sha256", data)}`;

/** What stays where the data stays and only its expiry changes. too_large for what was not brought along. */
export function marksOf(entry: Entry): Omit<BeforeImage, "entry"> {
  if (!isWhole(entry))
    throw problem("too_large", `Session ${entry.key} is too large to be changed.`);
  const mark = (one: Entry | null | undefined) =>
    one?.data == null ? null : contentMark(one.data);
  const { row, copy } = entry.halves ?? { row: entry, copy: null };
  return { after: mark(row ?? copy), afterCopy: mark(row && copy) };
}
