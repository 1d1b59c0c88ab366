/** Names of users, from Django's auth_user or a table named for it. */
import type { Pool } from "./sql-pool.ts";
import { textOf } from "./sql-table.ts";

export interface Users {
  /** As it stands in SQL. */
  readonly name: string;
  readonly nameColumn: string;
  names(ids: string[]): Promise<Map<string, string>>;
  find(text: string, exact: boolean, limit: number): Promise<{ id: string; name: string }[]>;
}

export interface UserColumn {
  name: string;
  /** Of the server, in small letters: "character varying". */
  type: string;
  primary: boolean;
}

/** Servers' SQL for a column as text, and the escape of LIKE. */
export interface UserSql {
  quoted(name: string): string;
  asText(column: string): string;
}

/** null: no such table, or no column of it can be taken for a name. */
export function users(
  pool: Pool,
  from: string,
  columns: UserColumn[],
  wantedColumn: string,
  { quoted, asText }: UserSql,
): Users | null {
  const id = columns.find(({ primary }) => primary);
  const named = nameColumn(columns, wantedColumn);
  if (!id || named === undefined) return null;
  const [idColumn, column] = [quoted(id.name), quoted(named)];
  const fits = idFits(id.type);
  return {
    name: from,
    nameColumn: named,
    async names(ids) {
      const asked = ids.filter(fits);
      const found = new Map<string, string>();
      for (let at = 0; at < asked.length; at += 500) {
        const some = asked.slice(at, at + 500);
        // A UUID is 32 digits without dashes in MySQL, and named with them by _auth_user_id.
        const values = [...new Set(some.flatMap((id) => bothForms(id, id32(columns))))];
        const { rows } = await pool.run(
          `SELECT ${asText(idColumn)}, ${asText(column)} FROM ${from} WHERE ${idColumn} IN (${values.map(() => "?").join(", ")})`,
          values,
        );
        const names = new Map(rows.map(([id, name]) => [idText(id), name]));
        for (const id of some) {
          const name = names.get(id);
          if (name !== undefined && name !== null) found.set(id, textOf(name));
        }
      }
      return found;
    },
    async find(text, exact, limit) {
      if (text.includes("\0")) return [];
      const ask = async (condition: string, value: string) => {
        const { rows } = await pool.run(
          `SELECT ${asText(idColumn)}, ${asText(column)} FROM ${from} WHERE ${condition} ORDER BY ${column} LIMIT ${Math.trunc(limit)}`,
          [value],
        );
        return rows.map(([id, name]) => ({ id: idText(id), name: textOf(name) }));
      };
      const lower = `LOWER(${asText(column)})`;
      if (!exact)
        return ask(
          `${lower} LIKE LOWER(?) ESCAPE '|'`,
          `${text.replace(/[|%_]/g, (sign) => `|${sign}`)}%`,
        );
      const same = (await ask(`${column} = ?`, text)).filter(({ name }) => name === text);
      return same.length ? same : ask(`${lower} = LOWER(?)`, text);
    },
  };
}

const UUID = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** As str(pk) of Django: what _auth_user_id holds. */
const idText = (id: unknown) => textOf(id).replace(UUID, "$1-$2-$3-$4-$5");

const id32 = (columns: UserColumn[]) =>
  columns.some(({ primary, type }) => primary && type === "char");

const bothForms = (id: string, bare: boolean) => (bare ? [id, id.replaceAll("-", "")] : [id]);

/** An id that the column cannot hold would be an error of the server's, not an absent user. */
function idFits(type: string): (id: string) => boolean {
  if (/^(small|big|medium|tiny)?int/.test(type))
    return (id) => /^-?\d{1,18}$/.test(id) && Math.abs(Number(id)) <= largest(type);
  if (type === "uuid") return (id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  return (id) => id.isWellFormed() && !id.includes("\0");
}

const largest = (type: string) =>
  type.startsWith("big")
    ? Number.MAX_SAFE_INTEGER
    : type.startsWith("small")
      ? 32_767
      : 2 ** 31 - 1;

function nameColumn(columns: UserColumn[], wanted: string): string | undefined {
  const called = (name: string) =>
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name;
  if (wanted) return called(wanted);
  return (
    called("username") ??
    called("email") ??
    columns.find(
      ({ name, type, primary }) => !primary && /char|text/.test(type) && name !== "password",
    )?.name
  );
}
