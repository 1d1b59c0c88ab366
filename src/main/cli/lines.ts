/** Standard input, line by line in bounded memory, and as a whole. */
import { Buffer } from "node:buffer";
import { problem } from "../problem.ts";

/** Bytes of one line, and of a whole value; more is a problem, not memory. */
export const MOST_BYTES = 96 * 1024 * 1024;

/** Lines without their end (LF or CR LF); null for one that is too long. What follows the last LF counts if not empty. */
export async function* inputLines(
  input: AsyncIterable<Buffer> = process.stdin,
  most = MOST_BYTES,
): AsyncGenerator<string | null, void> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): string | null => {
    const line = length > most ? null : Buffer.concat(parts).toString("utf8");
    parts = [];
    length = 0;
    return line?.endsWith("\r") ? line.slice(0, -1) : line;
  };
  const add = (part: Buffer): void => {
    length += part.length;
    if (length > most) parts = [];
    else parts.push(part);
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, at));
      yield take();
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

/** All of standard input as text. too_large beyond the bound. */
export async function wholeInput(input: AsyncIterable<Buffer> = process.stdin): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of input) {
    length += part.length;
    if (length > MOST_BYTES)
      throw problem("too_large", `The input has more than ${MOST_BYTES} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
