/** Spans of what a store holds for each key: while it is served, and while it only lies there. */
import type { SessionSpan } from "../../shared/run.ts";

interface Open {
  from: number;
  expires: number | null;
  saves: number[];
}

export class RecordLane {
  readonly spans: SessionSpan[] = [];
  readonly #open = new Map<string, Open>();
  readonly #keeps: boolean;

  /** `keeps`: what has expired stays until somebody deletes it. Caches drop it by themselves. */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** A record was written that ends at `expires`. Times in seconds after the start; before it counts as the start. */
  wrote(at: number, key: string, expires: number | null): void {
    const open = this.#open.get(key);
    if (open !== undefined && !ended(open, at)) {
      open.expires = expires;
      if (open.saves.at(-1) !== at) open.saves.push(at);
      return;
    }
    if (open !== undefined) this.#close(key, open, at, "expired");
    this.#open.set(key, { from: Math.max(at, 0), expires, saves: at < 0 ? [] : [at] });
  }

  /** When a record is served no more was found out otherwise than by a write of it. */
  ends(key: string, expires: number | null): void {
    const open = this.#open.get(key);
    if (open !== undefined) open.expires = expires;
  }

  gone(at: number, key: string, how: "deleted" | "purged" | "evicted"): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    this.#close(key, open, at, how);
  }

  /** Moments after `at` at which something held now ends. */
  upcoming(at: number): number[] {
    return [...this.#open.values()].flatMap(({ expires }) =>
      expires !== null && expires > at ? [expires] : [],
    );
  }

  /** The end of the axis. */
  finish(at: number): void {
    for (const [key, open] of this.#open) this.#close(key, open, at, "open");
    this.#open.clear();
    this.spans.sort((a, b) => a.from - b.from);
  }

  #close(key: string, open: Open, at: number, end: SessionSpan["end"]): void {
    const { from, saves } = open;
    const expires = open.expires;
    if (!ended(open, at) || expires === null) {
      this.spans.push({ from, to: at, key, state: "live", expires, saves, end });
      return;
    }
    const to = Math.max(expires, from);
    if (to > from || saves.length > 0)
      this.spans.push({ from, to, key, state: "live", expires, saves, end: "expired" });
    if (this.#keeps && at > to)
      this.spans.push({ from: to, to: at, key, state: "expired", expires, saves: [], end });
  }
}

const ended = ({ expires }: Open, at: number): boolean => expires !== null && expires <= at;
