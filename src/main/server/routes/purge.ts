/** purge.*: the preview and the start; the rest is a job like others. */
import type { PurgePreview, PurgeRequest } from "../../../shared/job.ts";
import { purge, purgeTitle } from "../../jobs/purge.ts";
import { cutoffOf } from "../../jobs/purge-cutoff.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";
import { startWriting } from "./start-writing.ts";
import { untilAborted } from "./until-aborted.ts";

const mostRemembered = 100;

export const purgeRoutes = (services: Services) => ({
  preview: os.purge.preview.handler(({ input, signal }) =>
    previewOf(services, input.connection, input, signal),
  ),
  start: os.purge.start.handler(async ({ input }) => {
    const { stores, runner, previewed } = services;
    const { connection, confirmName, ...request } = input;
    const cutoff = await cutoffOf(stores.reading(connection).store, request.cutoff);
    const needs = previewed.get(slot(connection, cutoff, request.includeNeverRemoved)) ?? null;
    const plan = {
      kind: "purge",
      connection,
      title: purgeTitle(cutoff),
      total: request.expected,
    } as const;
    const job = startWriting(services, plan, confirmName, (context, run) =>
      purge(context, runner, { ...request, cutoff }, needs, run),
    );
    return { job };
  }),
});

const slot = (connection: string, cutoff: string, includeNeverRemoved: boolean): string =>
  JSON.stringify([connection, cutoff, includeNeverRemoved]);

async function* previewOf(
  { stores, runner, previewed }: Services,
  connection: string,
  { before, includeNeverRemoved, exact }: PurgeRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<PurgePreview, void> {
  const { recipe } = stores.reading(connection);
  const request = { includeNeverRemoved, exact, ...(before === undefined ? {} : { before }) };
  const task = runner.run<PurgePreview>("purgePreview", recipe, request);
  for await (const preview of untilAborted(task, signal)) {
    if (preview.exact || preview.estimated) {
      previewed.set(slot(connection, preview.cutoff, includeNeverRemoved), preview.bin.needs);
      for (const [oldest] of previewed)
        if (previewed.size > mostRemembered) previewed.delete(oldest);
    }
    yield preview;
  }
}
