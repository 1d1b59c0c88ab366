/** Names of users, from Django's auth_user or a table named for it. */
import { quoted, type Table } from "./sqlite-open.ts";
import { reading } from "./sqlite-read.ts";

export interface Users {
  /** As it stands in SQL. */
  readonly name: string;
  readonly nameColumn: string;
  names(ids: string[]): Promise<Map<string, string>>;
  find(text: string, exact: boolean, limit: number): Promise<{ id: string; name: string }[]>;
}

interface Column {
  name: string;
  type: string;
  pk: number;
}

/** null: no such table, or no column of it can be taken for a name. */
export function users(
  table: Table,
  usersTable: string,
  wantedColumn: string | undefined,
): Users | null {
  const columns = table.db
    .prepare<[string], Column>("SELECT name, type, pk FROM pragma_table_info(?)")
    .all(usersTable);
  const id = columns.find(({ pk }) => pk === 1)?.name;
  const named = nameColumn(columns, wantedColumn);
  if (id === undefined || named === undefined) return null;
  const [from, idColumn, column] = [quoted(usersTable), quoted(id), quoted(named)];
  return {
    name: from,
    nameColumn: named,
    names: (ids) =>
      reading(table, () => {
        const one = table.db
          .prepare<[string], unknown>(`SELECT ${column} FROM ${from} WHERE ${idColumn} = ?`)
          .pluck();
        const found = new Map<string, string>();
        for (const id of ids) {
          // A UUID is stored without dashes here, and named with them by _auth_user_id.
          const name = one.get(id) ?? one.get(id.replaceAll("-", ""));
          if (name !== undefined && name !== null) found.set(id, String(name));
        }
        return found;
      }),
    find: (text, exact, limit) =>
      reading(table, () => {
        const ask = (condition: string, value: string) =>
          table.db
            .prepare<[string, number], [unknown, unknown]>(
              `SELECT ${idColumn}, ${column} FROM ${from} WHERE ${condition} ORDER BY ${column} LIMIT ?`,
            )
            .raw()
            .safeIntegers()
            .all(value, limit)
            .map(([id, name]) => ({ id: idText(id), name: String(name) }));
        if (!exact)
          return ask(
            `${column} LIKE ? ESCAPE '\\'`,
            `${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`,
          );
        const same = ask(`${column} = ?`, text);
        return same.length ? same : ask(`${column} = ? COLLATE NOCASE`, text);
      }),
  };
}

const UUID = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** As str(pk) of Django: what _auth_user_id holds. */
const idText = (id: unknown) => String(id).replace(UUID, "$1-$2-$3-$4-$5");

function nameColumn(columns: Column[], wanted: string | undefined): string | undefined {
  const called = (name: string) =>
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name;
  if (wanted) return called(wanted);
  return (
    called("username") ??
    called("email") ??
    columns.find(({ name, type, pk }) => !pk && /char|text/i.test(type) && name !== "password")
      ?.name
  );
}
