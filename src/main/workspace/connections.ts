/**
 * Saved connections: `connections.json` under the app's home, the demo store first.
 *
 *     {"version": 1, "connections": [{"id": "c-1f0e…", "name": "shop", "driver": "sqlite", …}]}
 *
 * Never holds a secret: keys are named by environment variable. Every call reads the file again, so
 * that an app and a command line running at once see each other's changes.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Connection, connectionSchema } from "../../shared/connection.ts";
import { problem } from "../problem.ts";
import { driverOf } from "../stores/list.ts";
import { replaceFile } from "./replace-file.ts";
import { withoutSecrets } from "./secret-options.ts";

const fileSchema = z.object({ version: z.literal(1), connections: z.array(connectionSchema) });

export interface Connections {
  list(): Connection[];
  get(id: string): Connection | null;
  /** Adds (an empty id gets a new one) or replaces. bad_request for options the driver does not take. */
  save(connection: Connection): Connection;
  /** not_found for an unknown id; bad_request for the demo store. */
  remove(id: string): void;
  /** What went wrong with the file, for the connect screen: a damaged one was kept aside. */
  notices(): string[];
}

export function openConnections(home: string, demo: Connection): Connections {
  const path = join(home, "connections.json");
  const notices: string[] = [];

  function read(): Connection[] {
    if (!existsSync(path)) return [];
    try {
      return fileSchema.parse(JSON.parse(readFileSync(path, "utf8"))).connections;
    } catch (error) {
      const cannotRead = error instanceof Error && "code" in error;
      if (cannotRead) throw problem("cannot_open", `Saved connections in ${path} cannot be read.`);
      const aside = `${path}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
      renameSync(path, aside);
      notices.push(`The file of saved connections was damaged. It was kept as ${aside}.`);
      return [];
    }
  }

  function write(connections: Connection[]): void {
    replaceFile(path, `${JSON.stringify({ version: 1, connections }, null, 2)}\n`);
  }

  const saved = () => read().filter(({ id }) => id !== demo.id);

  return {
    list: () => [demo, ...saved()],
    get: (id) => (id === demo.id ? demo : (saved().find((one) => one.id === id) ?? null)),
    save(connection) {
      if (connection.id === demo.id || connection.builtin)
        throw problem("bad_request", "The demo store cannot be changed.");
      const { options } = withoutSecrets({
        driver: connection.driver,
        options: checkedOptions(connection),
      }).connection;
      const id = connection.id || `c-${randomUUID()}`;
      const { cachedBy } = connection;
      const checked = connectionSchema.parse({
        ...{ ...connection, id, options, builtin: false },
        ...(cachedBy && {
          cachedBy: withoutSecrets({ ...cachedBy, options: checkedOptions(cachedBy) }).connection,
        }),
      });
      const others = saved();
      const at = others.findIndex((one) => one.id === id);
      write(at < 0 ? [...others, checked] : others.with(at, checked));
      return checked;
    },
    remove(id) {
      if (id === demo.id) throw problem("bad_request", "The demo store cannot be removed.");
      const all = saved();
      if (!all.some((one) => one.id === id))
        throw problem("not_found", "No saved connection has this id.");
      write(all.filter((one) => one.id !== id));
    },
    notices: () => [...notices],
  };
}

/** The options as the driver's schema takes them, defaults filled in, anything else left out. */
export function checkedOptions(connection: Pick<Connection, "driver" | "options">): {
  [name: string]: unknown;
} {
  const result = driverOf(connection.driver).options.safeParse(connection.options);
  if (result.success) return result.data as { [name: string]: unknown };
  const [issue] = result.error.issues;
  throw problem("bad_request", `The connection's options do not fit: ${issue?.message ?? ""}`, "", {
    option: issue?.path.join("."),
  });
}
