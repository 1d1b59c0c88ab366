/** Asking before something is changed. */
import { openSync } from "node:fs";
import { createInterface } from "node:readline";
import { ReadStream } from "node:tty";
import { note } from "./output.ts";
import { type Given, UsageError } from "./verb.ts";

/** Before any work: where nobody can be asked, --yes has to be there. */
export function assertCanAsk(given: Given): void {
  if (!given.flag("yes") && !process.stdin.isTTY)
    throw new UsageError(
      "This changes the store: --yes is needed where standard input is no terminal.",
    );
}

/** Whether to go on; anything but "y" or "yes" is no. The question goes to standard error. */
export async function agreed(question: string, given: Given): Promise<boolean> {
  if (given.flag("yes")) return true;
  assertCanAsk(given);
  process.stderr.write(`${question} [y/N] `);
  const input = terminal();
  const lines = createInterface({ input });
  const answer = await new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
  });
  lines.close();
  if (input !== process.stdin) input.destroy();
  if (/^y(es)?$/i.test(answer.trim())) return true;
  note("Nothing was changed.");
  return false;
}

/** The terminal itself, since standard input may have been read to its end (put). */
function terminal(): NodeJS.ReadStream {
  if (process.platform === "win32") return process.stdin;
  // A plain file stream would read in a thread that keeps the process from ending.
  return new ReadStream(openSync("/dev/tty", "r"));
}
