/** Standard output that waits for its reader and ends quietly when the reader has gone (`| head`). */

import { type ProblemError, problem } from "../problem.ts";

/** Thrown by `print` when nobody reads any more; a reason to stop, not a failure. */
export class OutputClosed extends Error {}

let closed = false;
let failure: ProblemError | null = null;
let wake = (): void => {};

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  closed = true;
  if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED")
    failure ??= problem(
      error.code === "ENOSPC" ? "disk_full" : "cannot_open",
      `Standard output cannot be written to: ${error.code ?? "unknown error"}.`,
    );
  wake();
});

/** Writes lines; resolves when there is room for more. */
export async function print(...lines: string[]): Promise<void> {
  if (closed) throw failure ?? new OutputClosed();
  if (lines.length === 0) return;
  const room = process.stdout.write(`${lines.join("\n")}\n`);
  if (room) return;
  await new Promise<void>((resolve) => {
    wake = resolve;
    process.stdout.once("drain", resolve);
  });
  if (closed) throw failure ?? new OutputClosed();
}

/** Resolves when everything written has left the process. */
export async function flush(): Promise<void> {
  if (!closed)
    await new Promise<void>((resolve) => {
      wake = resolve;
      process.stdout.write("", () => resolve());
    });
  // An error is told after the write that met it.
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (failure) throw failure;
}

/** A line for the person, not for the next program. */
export const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
