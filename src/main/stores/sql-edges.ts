/**
 * Where the parts of a scan begin and end: letters that have about as many keys before them as a part shall have.
 *
 * Parts that divide the keys by a hash make the server read all of the table for each. How many keys begin with which
 * letter is asked of its statistics, so nothing is read; a bad answer makes parts of unlike sizes and nothing else.
 */
import { type Table, textOf } from "./sql-table.ts";

/** What Django's keys are made of. */
const LETTERS = [..."0123456789abcdefghijklmnopqrstuvwxyz"];
/** Parts as unlike as this cost more time than a hash. */
const UNLIKE = 1.5;
const FEW = 1000;

/**
 * Keys of which a scan's part takes those after one and up to the next, or null where a hash is better. They come in the
 * server's own order, which need not be that of the alphabet.
 */
export async function edges(table: Table, of: number): Promise<string[] | null> {
  if (of < 2 || !table.keyIndex || table.only !== null) return null;
  // The union takes the column's collation, as conditions on it do.
  const sorted = await table.pool.run(
    `SELECT letter FROM (SELECT session_key AS letter FROM ${table.name} WHERE 1 = 0
     ${LETTERS.map((letter) => `UNION ALL SELECT '${letter}'`).join(" ")}) AS letters ORDER BY letter`,
  );
  const letters = sorted.rows.map(([letter]) => textOf(letter));
  const ranges = [...letters, null].map((to, index) => {
    const from = letters[index - 1];
    const sides = [
      ...(from === undefined ? [] : [`session_key > '${from}'`]),
      ...(to === null ? [] : [`session_key <= '${to}'`]),
    ];
    return `SELECT 1 FROM ${table.byKey} WHERE ${sides.join(" AND ")}`;
  });
  const { rows } = await table.pool.run(`${table.explain} ${ranges.join(" UNION ALL ")}`);
  const planned = table.planned(rows);
  return planned.length === ranges.length ? chosen(letters, planned, of) : null;
}

/** `counts[i]` keys lie before `letters[i]` and after the one before it. */
function chosen(letters: string[], counts: number[], of: number): string[] | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total < FEW) return null;
  const found: string[] = [];
  let before = 0;
  let inPart = 0;
  let most = 0;
  for (const [index, count] of counts.entries()) {
    const letter = letters[index];
    before += count;
    inPart += count;
    most = Math.max(most, inPart);
    const wanted = (total * (found.length + 1)) / of;
    const next = before + (counts[index + 1] ?? 0);
    if (letter === undefined || found.length === of - 1 || next - wanted < wanted - before)
      continue;
    found.push(letter);
    inPart = 0;
  }
  return found.length === of - 1 && most <= (total / of) * UNLIKE ? found : null;
}
