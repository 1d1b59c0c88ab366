/**
 * The forecast: every policy meets the same visitors. Runs in a worker, a slice at a time, so that it can be paused
 * and stopped.
 */
import type { LabEvent, LabModel, LabPolicy, LabRequest } from "../../shared/lab.ts";
import { ProblemError, problem } from "../problem.ts";
import { type Costs, measure } from "./lab-costs.ts";
import { BINS, Fleet } from "./lab-fleet.ts";
import { arrivals, visitor } from "./lab-visitor.ts";
import { duration } from "./words.ts";

interface Control {
  readonly signal: AbortSignal;
  whilePaused(): Promise<void>;
}

const SLICE = 5000;
/** Visitors of one forecast: some ten minutes of work. */
const MOST_VISITORS = 50_000_000;

/** The task "lab" of worker.ts; it needs no store. Throws bad_setting with the policy's name, too_large. */
export async function* labTask(
  _: unknown,
  { policies, model }: LabRequest,
  control: Control,
): AsyncGenerator<LabEvent, void> {
  const started = performance.now();
  const expected = model.days * model.visitsPerDay;
  if (expected > MOST_VISITORS)
    throw problem(
      "too_large",
      `${Math.round(expected)} visitors are expected; at most ${MOST_VISITORS} are followed.`,
      "Fewer days, or fewer visits a day, make it fit: levels grow in proportion.",
    );
  const fleets: { name: string; costs: Costs; fleet: Fleet }[] = [];
  for (const policy of policies) {
    const costs = await costsOf(policy, model);
    fleets.push({ name: policy.name, costs, fleet: new Fleet(costs, model) });
  }
  let index = 0;
  for (const arrival of arrivals(model)) {
    const one = visitor(model, index, arrival);
    for (const { fleet } of fleets) fleet.follow(one);
    index++;
    if (index % SLICE === 0) {
      yield { type: "progress", visits: index, total: Math.round(expected) };
      await control.whilePaused();
      if (control.signal.aborted) return;
    }
  }
  const width = model.days / BINS;
  yield {
    type: "result",
    result: {
      model,
      at: Array.from({ length: BINS }, (_, bin) => (bin + 0.5) * width),
      policies: fleets.map(({ name, costs, fleet }) => policyResult(name, costs, fleet, model)),
      assumptions: assumptions(model, fleets),
      tookMs: Math.round(performance.now() - started),
    },
  };
}

async function costsOf(policy: LabRequest["policies"][number], model: LabModel): Promise<Costs> {
  try {
    return await measure(policy, model.dataBytes);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, hint, detail } = error.problem;
    throw problem(code, `Policy "${policy.name}": ${message}`, hint, {
      ...detail,
      policy: policy.name,
    });
  }
}

/** Mean of the second half, and its standard error by batch means: 12 batches, which take neighbours' likeness up. */
function steady(values: readonly number[]): { mean: number; error: number } {
  const half = values.slice(values.length / 2);
  const size = half.length / 12;
  const batches = Array.from({ length: 12 }, (_, batch) =>
    average(half.slice(batch * size, (batch + 1) * size)),
  );
  const mean = average(half);
  const spread = average(batches.map((batch) => (batch - mean) ** 2)) * (12 / 11);
  return { mean, error: Math.sqrt(spread / 12) };
}

const average = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The error of a level: where sessions live longer than a batch, batches are too alike to tell; a Poisson level's own
 * spread, the root of its mean, is never less than the error of its average over time.
 */
function level(values: readonly number[], unit = 1): { mean: number; error: number } {
  const { mean, error } = steady(values);
  return { mean, error: Math.max(error, Math.sqrt(Math.max(mean, 0) * unit)) };
}

function policyResult(name: string, costs: Costs, fleet: Fleet, model: LabModel): LabPolicy {
  const live = fleet.live.means();
  const expired = fleet.expired.means();
  const bytes = fleet.bytes.means();
  const seconds = (model.days * 86_400) / BINS;
  const writesPerSecond = Array.from(fleet.writesPerBin, (writes) => writes / seconds);
  return {
    name,
    live,
    expired,
    writesPerSecond,
    bytes,
    steady: {
      live: level(live),
      expired: level(expired),
      writesPerSecond: steady(writesPerSecond),
      bytes: level(bytes, costs.bytes.user),
    },
    peakRows: Math.round(Math.max(...live.map((value, bin) => value + (expired[bin] ?? 0)))),
    visits: fleet.visits,
    requests: fleet.requests,
    reads: fleet.reads,
    writes: fleet.writes,
    cookiesSent: fleet.cookies,
    forcedLogouts: fleet.forcedLogouts,
    forcedLogoutsPerThousand: fleet.visits === 0 ? 0 : (fleet.forcedLogouts / fleet.visits) * 1000,
    largestPurge: fleet.purged.reduce((most, count) => Math.max(most, count), 0),
  };
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

function assumptions(model: LabModel, fleets: readonly { name: string; costs: Costs }[]): string[] {
  const horizon = model.days * 86_400;
  const rising = fleets
    .filter(({ costs }) => costs.servedAge > horizon / 2)
    .map(({ name }) => name);
  return [
    `New visitors arrive by a Poisson process, ${model.visitsPerDay} a day on average, day and night alike.`,
    `A visit has ${model.requestsPerVisit} requests on average (geometric); pauses last ${duration(model.pause)} on average, ${percent(model.longPauseShare)} of them ${duration(model.longPause)} (both exponential, cut to whole seconds).`,
    `${percent(model.loginShare)} of visitors sign in with the first request of a visit, and again whenever they find themselves signed out.`,
    `${percent(model.writeShare)} of requests change the session; every request asks who the user is, so every request with a cookie reads it.`,
    `${percent(model.logoutShare)} of signed-in visits end with a logout, ${percent(model.closeShare)} of visits with the browser closed; browsers do not restore closed tabs.`,
    `After ${percent(model.returnShare)} of visits the visitor returns with the same browser, ${duration(model.returnAfter)} later on average.`,
    "A visitor has one browser and one request at a time; nobody calls set_expiry(); no request fails.",
    "A forced logout is a visitor who signed in, did not log out, and finds themselves signed out: by expiry, or by a closed browser.",
    model.clearEvery === null
      ? "clearsessions never runs."
      : `clearsessions runs every ${duration(model.clearEvery)}, in no time.`,
    "What each kind of request reads, writes and sends was measured by running it through the engine and its middleware once per policy.",
    "Caches have room for everything; their entries go when they end.",
    `Bytes are those of the stored value with ${model.dataBytes} bytes of data, without indexes and page overhead; for caches those of the JSON.`,
    "The means are of the second half of the time; errors are one standard error.",
    ...(rising.length > 0
      ? [
          `Sessions live longer than half of the time forecast under ${rising.join(", ")}: the levels there are still rising.`,
        ]
      : []),
  ];
}
