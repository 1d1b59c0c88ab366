/** ls: the sessions of a store. */
import type { OpenStore } from "../../shared/connection.ts";
import type { Order, SessionRow } from "../../shared/session.ts";
import { note, print } from "./output.ts";
import { pairWords } from "./pair-words.ts";
import { type Client, withStore } from "./store.ts";
import { type Column, createTable, jsonLine, timeCell } from "./text.ts";
import { type Given, jsonOption, storeForms, storeOptions, UsageError, type Verb } from "./verb.ts";

const PAGE = 500;
/** Matches one scan gives at most, as the contract has it. */
const MOST_MATCHES = 1_000_000;

const columns: Column<SessionRow>[] = [
  { title: "STATE", text: (row) => row.state },
  { title: "KEY", text: (row) => row.key },
  { title: "USER", text: (row) => (row.user ? (row.user.name ?? `#${row.user.id}`) : "-") },
  { title: "EXPIRES (UTC)", text: (row) => timeCell(row.expires) },
  { title: "SAVED (UTC)", text: (row) => timeCell(row.savedAt) },
  { title: "SIZE", text: (row) => String(row.size), right: true },
  {
    title: "ENCODING",
    text: (row) => `${row.encoding}${row.serializer === "pickle" ? ", pickle" : ""}`,
  },
  { title: "SIGNATURE", text: (row) => row.signature },
  {
    title: "KEYS",
    text: (row) =>
      row.keys.length === 0 && row.problem
        ? `(${row.problem.code})`
        : row.keys.join(" ") +
          (row.keyCount > row.keys.length ? ` +${row.keyCount - row.keys.length}` : ""),
  },
];

/** Of a table with a cache in front. */
const cacheColumn: Column<SessionRow> = {
  title: "CACHE",
  text: ({ pair }) => (pair ? pairWords[pair] : "not compared"),
};

export const ls: Verb = {
  name: "ls",
  usage: "ls STORE [options]",
  summary: "Lists the sessions of a store, all of them unless limited",
  options: {
    "filter=TEXT": "only sessions that fit, see above",
    "limit=N": "at most so many",
    "order=ORDER":
      "by expiry: -expires (default, latest first) or expires; what a scan finds comes as found",
    ...jsonOption,
    ...storeOptions,
  },
  details: `${storeForms}

Filter tokens, all of which have to fit; "-" before one turns it round:
  state:active|expired|browser     user:NAME, user:ID, user:anonymous
  key:cart                         a top-level key of the data
  expires:<1h  expires:>2d         within the next hour; in two days or later
  expires:<-1d                     more than a day ago
  expires:2026-11-13..2026-12-04   both days included, UTC; expires:never
  size:>4kb                        kb, mb are 1024 and 1024² bytes
  signature:valid|fallback|invalid|unverified|unsigned
  anything else                    a part of the session key`,
  takes: [1, 1],
  async run(given) {
    const limit = given.number("limit", 1) ?? Number.POSITIVE_INFINITY;
    const order = orderOf(given);
    return withStore(given, async (client, store) => {
      const paired = store.connection.cachedBy != null;
      const table = createTable(paired ? columns.toSpliced(1, 0, cacheColumn) : columns);
      let shown = 0;
      for await (const rows of found(client, store, {
        filter: given.text("filter") ?? "",
        order,
        limit,
      })) {
        if (rows.length === 0) continue;
        shown += rows.length;
        await print(...(given.flag("json") ? rows.map(jsonLine) : table.lines(rows)));
      }
      if (shown === 0 && !given.flag("json")) note("No session matches.");
      return 0;
    });
  },
};

async function* found(
  client: Client,
  store: OpenStore,
  { filter, order, limit }: { filter: string; order: Order; limit: number },
): AsyncGenerator<SessionRow[], void> {
  const connection = store.connection.id;
  const plan = await client.sessions.plan({ filter });
  const bad = plan.tokens.find(({ problem }) => problem);
  const ordered = store.capabilities.orders.includes(order) || plan.answeredBy === "key";
  if (!bad && (plan.answeredBy === "scan" || !ordered)) {
    yield* scanned(client, { connection, filter, order }, limit);
    return;
  }
  let after: string | undefined;
  for (let left = limit; left > 0; ) {
    const { rows, next } = await client.sessions.page({
      connection,
      filter,
      order,
      limit: Math.min(left, PAGE),
      ...(after === undefined ? {} : { after }),
    });
    yield rows;
    left -= rows.length;
    if (next === null) return;
    after = next;
  }
}

async function* scanned(
  client: Client,
  query: { connection: string; filter: string; order: Order },
  limit: number,
): AsyncGenerator<SessionRow[], void> {
  const most = Math.min(limit, MOST_MATCHES);
  let matched = 0;
  for await (const event of await client.sessions.scan({ ...query, limit: most })) {
    // A pipe may be silent for long; the terminal beside it says how far the scan is.
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    if (event.type === "rows") yield event.rows;
    else {
      matched = event.matched;
      if (process.stderr.isTTY && !event.done)
        process.stderr.write(
          `${event.scanned} of ${event.total ?? "?"} scanned, ${event.rate} a second`,
        );
    }
  }
  if (matched === MOST_MATCHES && limit > MOST_MATCHES)
    note(`sessionscope: stopped after ${MOST_MATCHES} matches; a narrower filter finds the rest.`);
}

function orderOf(given: Given): Order {
  const order = given.text("order") ?? "-expires";
  if (order === "expires" || order === "-expires") return order;
  throw new UsageError("--order takes expires or -expires.");
}
