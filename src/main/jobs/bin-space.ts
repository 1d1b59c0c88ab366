/** What before-images cost, and how an overwritten session is known again after a crash. */
import { hash } from "node:crypto";
import { problem } from "../problem.ts";
import type { Bin } from "./context.ts";

/** Bytes a before-image takes beside its data: key, times and the table's own. */
const perImage = 120;

/** What `count` sessions of `bytes` stored bytes in all take in the bin. */
export const binCost = (count: number, bytes: number): number => bytes + count * perImage;

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
