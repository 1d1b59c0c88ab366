/** An entry of DATABASES as options of a driver. */
import { isAbsolute, join } from "node:path";
import { type Context, nothing, type Place, pathText, whyUnknown } from "./proposals.ts";
import { knownText } from "./settings.ts";
import { PyDict, type Value } from "./value.ts";

const drivers: [pattern: RegExp, driver: string, port: number][] = [
  [/sqlite3$|spatialite$/, "sqlite", 0],
  [/postgresql|postgis/, "postgres", 5432],
  [/mysql|mariadb/, "mysql", 3306],
];

/** Names in OPTIONS, as the client libraries have them, and the driver's. */
const tlsNames: Record<string, string> = {
  sslmode: "tls",
  sslrootcert: "tlsCa",
  sslcert: "tlsCert",
  sslkey: "tlsKey",
};

export function databasePlace(context: Context, table: string, alias = "default"): Place {
  const databases = context.module.names.get("DATABASES");
  const entry = databases?.data instanceof PyDict ? databases.data.items.get(alias) : undefined;
  if (!(entry?.data instanceof PyDict)) {
    const bad = entry ?? databases ?? context.module.names.get("*");
    return nothing(
      "Database",
      "database",
      bad ? `DATABASES is not known: ${whyUnknown(bad)}` : "DATABASES is not set.",
    );
  }
  const { items } = entry.data;
  const engine = items.get("ENGINE");
  const name = knownText(engine);
  if (name === undefined)
    return nothing(
      "Database",
      "database",
      engine ? `ENGINE is not known: ${whyUnknown(engine)}` : "DATABASES has no ENGINE.",
    );
  const found = drivers.find(([pattern]) => pattern.test(name));
  if (!found)
    return nothing(name, name.split(".").at(-1) ?? name, `There is no driver for ${name}.`);
  const [, driver, port] = found;
  const users = usersTable(context);
  const common = { table, ...(users === null ? {} : { usersTable: users }) };
  return driver === "sqlite"
    ? sqlitePlace(context, items, common)
    : serverPlace(driver, port, items, common);
}

/** AUTH_USER_MODEL "accounts.User" is the table accounts_user, unless the model says otherwise. */
function usersTable({ module }: Context): string | null {
  const text = knownText(module.names.get("AUTH_USER_MODEL"));
  return text !== undefined && /^\w+\.\w+$/.test(text)
    ? text.replace(".", "_").toLowerCase()
    : null;
}

function sqlitePlace({ folder }: Context, items: Map<string, Value>, common: object): Place {
  const value = items.get("NAME");
  const path = value ? pathText(value) : null;
  if (path === ":memory:")
    return nothing("SQLite in memory", "sqlite", "The database is in the site's memory.");
  const asks =
    path === null ? [{ option: "path", why: value ? whyUnknown(value) : "NAME is not set." }] : [];
  const full = path === null ? "" : isAbsolute(path) ? path : join(folder, path);
  return {
    title: "SQLite file",
    driver: "sqlite",
    options: { path: full, ...common },
    secrets: {},
    asks,
  };
}

function serverPlace(
  driver: string,
  port: number,
  items: Map<string, Value>,
  common: object,
): Place {
  const place: Place = {
    title: driver === "postgres" ? "PostgreSQL" : "MySQL",
    driver,
    options: { ...common },
    secrets: {},
    asks: [],
  };
  const take = (key: string, option: string, use: (text: string) => void) => {
    const value = items.get(key);
    if (!value || value.data === null) return;
    const text = typeof value.data === "number" ? String(value.data) : knownText(value);
    if (text === undefined) place.asks.push({ option, why: whyUnknown(value) });
    else if (text !== "") use(text);
  };
  const put = (option: string) => (text: string) => {
    place.options[option] = text;
  };
  take("NAME", "database", put("database"));
  take("USER", "user", put("user"));
  take("HOST", "host", put("host"));
  take("PORT", "port", (text) => {
    place.options["port"] = Number(text) || port;
  });
  take("PASSWORD", "password", (text) => {
    place.secrets["password"] = text;
  });
  // Empty: PostgreSQL's socket or localhost; a port belongs to TCP only.
  if (String(place.options["host"] ?? "").startsWith("/")) delete place.options["port"];
  if (
    place.options["database"] === undefined &&
    !place.asks.some(({ option }) => option === "database")
  )
    place.asks.push({ option: "database", why: "NAME is not set." });
  const options = items.get("OPTIONS");
  if (options?.data instanceof PyDict)
    for (const [key, value] of options.data.items) {
      const text = value.data instanceof PyDict ? undefined : (pathText(value) ?? undefined);
      const option = Object.hasOwn(tlsNames, key) ? tlsNames[key] : undefined;
      if (option !== undefined && text)
        place.options[option] = option === "tls" && text === "allow" ? "prefer" : text;
      if (key === "ssl" && value.data instanceof PyDict) mysqlTls(place, value.data);
    }
  return place;
}

/** OPTIONS["ssl"] of mysqlclient. */
function mysqlTls(place: Place, { items }: PyDict): void {
  place.options["tls"] = items.has("ca") ? "verify-ca" : "require";
  for (const [key, option] of [
    ["ca", "tlsCa"],
    ["cert", "tlsCert"],
    ["key", "tlsKey"],
  ] as const) {
    const value = items.get(key);
    const path = value ? pathText(value) : null;
    if (path !== null) place.options[option] = path;
  }
}
