/** Asking before something is changed. */
import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
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
  // Standard input may have been read to its end (put); the terminal itself has not.
  const input = existsSync("/dev/tty") ? createReadStream("/dev/tty") : process.stdin;
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
