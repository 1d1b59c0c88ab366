/** sessions.*, the reading half: pages, scans, counts, one session. */
import { countSessions } from "../../jobs/count.ts";
import { entryOf } from "../../jobs/draft.ts";
import { planFilter } from "../../jobs/filter.ts";
import { histogram } from "../../jobs/histogram.ts";
import { describeEntry, RAW_BYTES, rawValue } from "../../jobs/inspect.ts";
import { readPage } from "../../jobs/page.ts";
import { scan } from "../../jobs/scan.ts";
import { os } from "../implementer.ts";
import { isoNow } from "../now.ts";
import type { Services } from "../services.ts";

export const browseRoutes = ({ stores, runner, read }: Services) => ({
  // No store is asked: how a filter is answered does not depend on the moment.
  plan: os.sessions.plan.handler(({ input }) => planFilter(input.filter, isoNow())),
  page: os.sessions.page.handler(({ input }) => readPage(stores.reading(input.connection), input)),
  scan: os.sessions.scan.handler(({ input, signal }) =>
    scan(stores.reading(input.connection), runner, input, signal),
  ),
  count: os.sessions.count.handler(({ input, signal }) =>
    countSessions(stores.reading(input.connection), runner, input, signal),
  ),
  histogram: os.sessions.histogram.handler(({ input, signal }) =>
    histogram(stores.reading(input.connection), runner, input, signal),
  ),
  get: os.sessions.get.handler(async ({ input }) => {
    const context = stores.reading(input.connection);
    const entry = await entryOf(context.store, input.key, RAW_BYTES);
    read.remember(context.identity, entry);
    return describeEntry(context, entry);
  }),
  raw: os.sessions.raw.handler(({ input }) =>
    rawValue(stores.reading(input.connection), input.key),
  ),
});
