/**
 * A fleet under one policy. Visitors do not touch each other, so each is followed from arrival to the horizon and
 * adds to the bins; nothing is kept of them, and no queue of events is needed.
 */
import type { LabModel } from "../../shared/lab.ts";
import {
  ANON,
  type Costs,
  EXPIRED,
  GONE,
  LOGIN,
  NONE,
  type SessionState,
  USER,
} from "./lab-costs.ts";
import { CLOSE, LOGOUT, type Visitor } from "./lab-visitor.ts";

export const BINS = 240;

/** A quantity over time: intervals with a weight, averaged over bins of equal width. */
export class Level {
  readonly #part: Float64Array;
  readonly #whole: Float64Array;
  readonly #width: number;
  readonly #horizon: number;

  constructor(horizon: number, bins = BINS) {
    this.#part = new Float64Array(bins);
    this.#whole = new Float64Array(bins + 1);
    this.#width = horizon / bins;
    this.#horizon = horizon;
  }

  add(from: number, to: number, weight: number): void {
    const end = Math.min(to, this.#horizon);
    if (end <= from) return;
    const width = this.#width;
    const last = this.#part.length - 1;
    const a = Math.min(Math.floor(from / width), last);
    const b = Math.min(Math.floor(end / width), last);
    const { [a]: partA = 0 } = this.#part;
    if (a === b) {
      this.#part[a] = partA + (end - from) * weight;
      return;
    }
    this.#part[a] = partA + ((a + 1) * width - from) * weight;
    this.#part[b] = (this.#part[b] ?? 0) + (end - b * width) * weight;
    this.#whole[a + 1] = (this.#whole[a + 1] ?? 0) + weight;
    this.#whole[b] = (this.#whole[b] ?? 0) - weight;
  }

  /** The mean of each bin. */
  means(): number[] {
    let level = 0;
    return Array.from(this.#part, (part, bin) => {
      level += this.#whole[bin] ?? 0;
      return level + part / this.#width;
    });
  }
}

export class Fleet {
  readonly live: Level;
  readonly expired: Level;
  readonly bytes: Level;
  readonly writesPerBin = new Float64Array(BINS);
  /** Records each run of clearsessions deletes. */
  readonly purged: Uint32Array;
  visits = 0;
  requests = 0;
  reads = 0;
  writes = 0;
  cookies = 0;
  forcedLogouts = 0;
  readonly #costs: Costs;
  readonly #horizon: number;
  readonly #every: number | null;

  constructor(costs: Costs, { days, clearEvery }: LabModel) {
    this.#costs = costs;
    this.#horizon = days * 86_400;
    this.#every = clearEvery;
    this.live = new Level(this.#horizon);
    this.expired = new Level(this.#horizon);
    this.bytes = new Level(this.#horizon);
    this.purged = new Uint32Array(
      clearEvery === null ? 1 : Math.floor(this.#horizon / clearEvery) + 2,
    );
  }

  /** When clearsessions takes a record that ends then; Infinity: never. */
  #purgeTime(ends: number): number {
    const every = this.#every;
    if (every === null) return Number.POSITIVE_INFINITY;
    const run = this.#costs.purgesAtEnd ? Math.ceil(ends / every) : Math.floor(ends / every) + 1;
    return run * every;
  }

  /** A record's whole life is known: it was created then, ends then, and was deleted then (Infinity: it was not). */
  #record(from: number, ends: number, deleted: number, bytes: number): void {
    const { keeps, stored } = this.#costs;
    if (!stored) return;
    this.live.add(from, Math.min(ends, deleted), 1);
    if (!keeps) {
      this.bytes.add(from, Math.min(ends, deleted), bytes);
      return;
    }
    const purge = this.#purgeTime(ends);
    const gone = Math.min(purge, deleted);
    this.expired.add(ends, gone, 1);
    this.bytes.add(from, gone, bytes);
    if (purge <= deleted && purge < this.#horizon && this.#every !== null) {
      const run = purge / this.#every;
      this.purged[run] = (this.purged[run] ?? 0) + 1;
    }
  }

  /** Follows one visitor. */
  follow({ member, visits, times, deeds }: Visitor): void {
    const { outcomes, cookieAge, servedAge, keeps, bytes } = this.#costs;
    const perBin = BINS / this.#horizon;
    let kept: SessionState = NONE;
    let cookieEnds = 0;
    let ends = 0;
    let created = 0;
    let size = 0;
    /** Signed in, as far as the visitor knows. */
    let believes = false;
    this.visits += visits;
    const serve = (at: number, deed: number): void => {
      const state = this.#stateAt(kept, at, cookieEnds, ends, keeps);
      const outcome = outcomes[state]?.[deed];
      if (outcome === undefined) throw new Error("a deed nobody measured");
      this.requests++;
      this.reads += outcome.reads;
      this.writes += outcome.writes;
      this.cookies += outcome.cookies;
      const bin = Math.min(BINS - 1, Math.floor(at * perBin));
      this.writesPerBin[bin] = (this.writesPerBin[bin] ?? 0) + outcome.writes;
      const holds = kept === ANON || kept === USER;
      if (holds && (outcome.created || outcome.deleted || outcome.after === NONE)) {
        this.#record(created, ends, outcome.deleted ? at : Number.POSITIVE_INFINITY, size);
        kept = NONE;
      }
      if (outcome.created || (outcome.saved && kept === NONE)) {
        created = at;
        size = outcome.after === USER ? bytes.user : bytes.anon;
      }
      if (outcome.saved) {
        ends = at + servedAge;
        cookieEnds = at + cookieAge;
      }
      kept = outcome.after;
    };
    for (let index = 0; index < times.length; index++) {
      const at = times[index] ?? 0;
      const deed = deeds[index];
      if (deed === CLOSE) {
        // The record lives on, only the way to it is lost.
        if (cookieAge === Number.POSITIVE_INFINITY && kept !== NONE) {
          this.#record(created, ends, Number.POSITIVE_INFINITY, size);
          kept = NONE;
        }
        continue;
      }
      if (member && deed !== LOGOUT) {
        const state = this.#stateAt(kept, at, cookieEnds, ends, keeps);
        if (state !== USER) {
          if (believes) this.forcedLogouts++;
          serve(at, LOGIN);
        }
        believes = true;
      }
      serve(at, deed ?? 0);
      if (deed === LOGOUT) believes = false;
    }
    if (kept !== NONE) this.#record(created, ends, Number.POSITIVE_INFINITY, size);
  }

  #stateAt(
    kept: SessionState,
    at: number,
    cookieEnds: number,
    ends: number,
    keeps: boolean,
  ): SessionState {
    if (kept === NONE || at >= cookieEnds) return NONE;
    if (at < ends) return kept;
    return keeps && at < this.#purgeTime(ends) ? EXPIRED : GONE;
  }
}
