/**
 * How much memory going through a store takes: measured in a process of its own, after a full garbage collection at every
 * sample, and with a heap so small that one that holds the whole store dies.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Target } from "./conformance-kit.ts";

export type Work = "page" | "pages" | "scan" | "parts" | "count" | "purgeCount" | "purge" | "hoard";

export interface Measured {
  work: Work;
  /** Entries it went through. */
  count: number;
  /** Live bytes at the most, heap and buffers, beyond those of the open store. */
  most: number;
  /** Of the largest entries met: their keys, and whether their data was left out. */
  large: { key: string; size: number; data: boolean }[];
}

export interface Limits {
  /** MB of the heap. */
  heap: number;
  cutoff?: string;
  maxData?: number;
}

const child = fileURLToPath(new URL("./bounded-child.ts", import.meta.url));

export async function measure(
  target: Target,
  work: readonly Work[],
  { heap, cutoff = "", maxData = 10_000 }: Limits,
): Promise<Measured[]> {
  const args = ["--expose-gc", `--max-old-space-size=${heap}`, child];
  const ran = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  let [out, errors] = ["", ""];
  ran.stdout.on("data", (text) => {
    out += text;
  });
  ran.stderr.on("data", (text) => {
    errors += text;
  });
  ran.stdin.end(JSON.stringify({ target, work, cutoff, maxData }));
  const [status] = await once(ran, "close");
  if (status !== 0) throw new Error(`It ended with ${status}: ${errors.slice(-2000)}`);
  return JSON.parse(out);
}
