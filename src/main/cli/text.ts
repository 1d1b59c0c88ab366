/**
 * Strangers' text on a terminal. Control characters move cursors and change titles; bidirectional marks turn text
 * round; so both are written out: ESC as \x1b, U+202E as \u202e. JSON keeps its meaning: there they become \u escapes.
 */

const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const unsafeInJson =
  /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
// Half a pair cannot be written as UTF-8.
const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const hex = (char: string, width: number): string =>
  char.charCodeAt(0).toString(16).padStart(width, "0");
const unicode = (char: string): string => `\\u${hex(char, 4)}`;

/** One line, whatever the text holds. */
export const safeLine = (text: string): string =>
  text
    .replace(unsafe, (char) => (char < "\u0100" ? `\\x${hex(char, 2)}` : unicode(char)))
    .replace(half, unicode);

/** JSON text: these characters can only stand inside of its strings. Line breaks between values stay. */
export const safeJson = (json: string): string =>
  json.replace(unsafeInJson, unicode).replace(half, unicode);

/** One line of JSON. */
export const jsonLine = (value: unknown): string => safeJson(JSON.stringify(value));

/** Indented JSON text as one line. JSON strings hold no line breaks, so every one stands between values. */
export const oneLine = (json: string): string =>
  safeJson(
    json.includes("\n")
      ? json
          .split("\n")
          .map((line) => line.trimStart())
          .join("")
      : json,
  );

/** "2026-11-20 10:42:18" of an ISO time; a dash for none. */
export const timeCell = (iso: string | null): string =>
  iso ? iso.slice(0, 19).replace("T", " ") : "-";

export interface Column<Row> {
  title: string;
  text(row: Row): string;
  right?: boolean;
}

/** Lines of a table whose widths are those of the first rows given; longer cells later push theirs aside. */
export function createTable<Row>(columns: Column<Row>[]) {
  let widths: number[] | null = null;
  const line = (cells: string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths?.[index] ?? 0;
        return columns[index]?.right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return {
    /** The header comes with the first rows. */
    lines(rows: Row[]): string[] {
      const cells = rows.map((row) => columns.map((column) => safeLine(column.text(row))));
      if (widths) return cells.map(line);
      widths = columns.map(({ title }, index) =>
        cells.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), title.length),
      );
      return [columns.map(({ title }) => title), ...cells].map(line);
    },
  };
}
