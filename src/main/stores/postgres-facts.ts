/** What there is to know about a session table on PostgreSQL beyond its rows. */

import type { Found } from "./postgres-table.ts";
import { type Facts, megabytes } from "./sql-store.ts";
import { textOf } from "./sql-table.ts";

const STATE = `SELECT current_setting('server_version'), pg_is_in_recovery(),
    coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), ''),
    has_table_privilege(c.oid, 'INSERT'), has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'),
    pg_table_size(c.oid), pg_indexes_size(c.oid),
    coalesce(pg_stat_get_live_tuples(c.oid), 0), coalesce(pg_stat_get_dead_tuples(c.oid), 0), current_user
  FROM pg_class c WHERE c.oid = ?::oid`;

export async function postgresFacts({ table, oid }: Found, overSocket: boolean): Promise<Facts> {
  const { rows } = await table.pool.run(STATE, [oid]);
  const [version, standby, tls, insert, update, remove, size, indexes, live, dead, user] = (
    rows[0] ?? []
  ).map(textOf);
  const lacks = Object.entries({ INSERT: insert, UPDATE: update, DELETE: remove })
    .filter(([, has]) => has !== "t")
    .map(([name]) => name);
  const facts: Facts = [
    {
      level: "info",
      title: "Server",
      text: `PostgreSQL ${version}${standby === "t" ? ", a standby: it takes no writes" : ""}.`,
    },
    tls
      ? { level: "ok", title: "TLS", text: `The connection is encrypted with ${tls}.` }
      : {
          level: overSocket ? "ok" : "info",
          title: "TLS",
          text: overSocket
            ? "A unix socket: nothing goes over a network."
            : "None: what is read and written goes over the network as it is.",
        },
    lacks.length
      ? {
          level: "info",
          title: "Privileges",
          text: `${user} may read this table but lacks ${lacks.join(", ")}.`,
        }
      : { level: "ok", title: "Privileges", text: `${user} may read and change this table.` },
    spaceFact(Number(size), Number(indexes), Number(live), Number(dead)),
  ];
  return facts;
}

function spaceFact(size: number, indexes: number, live: number, dead: number): Facts[number] {
  const share = live + dead > 0 ? dead / (live + dead) : 0;
  const held = `The table takes ${megabytes(size)}, its indexes ${megabytes(indexes)}.`;
  return {
    level: "info",
    title: "Space",
    text:
      dead === 0
        ? `${held} No deleted rows wait for VACUUM.`
        : `${held} ${dead} deleted or replaced rows wait for VACUUM, which makes their space (about ${megabytes(share * size)}) usable again without locking anyone out. Only VACUUM FULL gives it back to the disk, and locks the table against reading and writing until it is done.`,
  };
}
