/**
 * Who comes and what they do, out of a seed: the same visitors whatever the policy, so that policies are compared on
 * the same days. Times are whole seconds after the start.
 */
import type { LabModel } from "../../shared/lab.ts";

/** mulberry32: 32 bits of state, the same numbers everywhere. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const exponential = (next: () => number, mean: number): number => -Math.log(1 - next()) * mean;

/** What a visitor does at a moment. */
export const READ = 0;
export const WRITE = 1;
export const LOGOUT = 2;
export const CLOSE = 3;

export type Deed = typeof READ | typeof WRITE | typeof LOGOUT | typeof CLOSE;

export interface Visitor {
  /** Signs in with the first request of a visit, and again whenever they find themselves signed out. */
  readonly member: boolean;
  readonly visits: number;
  /** Moments and deeds, in order, up to the horizon. */
  readonly times: readonly number[];
  readonly deeds: readonly Deed[];
}

/** Arrivals of new visitors: a Poisson process over the horizon. */
export function* arrivals({ seed, days, visitsPerDay }: LabModel): Generator<number, void> {
  const next = random(seed ^ 0x9e3779b9);
  const gap = 86_400 / visitsPerDay;
  const horizon = days * 86_400;
  for (let at = exponential(next, gap); at < horizon; at += exponential(next, gap))
    yield Math.floor(at);
}

/** Everything the visitor of that number does who arrives at that moment. */
export function visitor(model: LabModel, index: number, arrival: number): Visitor {
  // Neighbouring seeds of mulberry32 are related; the index is mixed first.
  const next = random(Math.imul(index + 1, 0x85ebca6b) ^ Math.imul(model.seed + 1, 0xc2b2ae35));
  const horizon = model.days * 86_400;
  const more = 1 - 1 / model.requestsPerVisit;
  const member = next() < model.loginShare;
  const times: number[] = [];
  const deeds: Deed[] = [];
  let visits = 0;
  let at = arrival;
  const pause = (): number => {
    const long = next() < model.longPauseShare;
    return Math.floor(exponential(next, long ? model.longPause : model.pause));
  };
  const does = (deed: Deed): void => {
    if (at >= horizon) return;
    times.push(at);
    deeds.push(deed);
  };
  while (at < horizon) {
    visits++;
    does(next() < model.writeShare ? WRITE : READ);
    while (next() < more) {
      at += pause();
      does(next() < model.writeShare ? WRITE : READ);
    }
    if (member && next() < model.logoutShare) {
      at += pause();
      does(LOGOUT);
    }
    if (next() < model.closeShare) {
      at += 1;
      does(CLOSE);
    }
    if (next() >= model.returnShare) break;
    at += 1 + Math.floor(exponential(next, model.returnAfter));
  }
  return { member, visits, times, deeds };
}
