/** Spans of the values a session holds, key by key. */
import type { DataSpan, Lanes } from "../../shared/run.ts";
import { writeTagged } from "../python/tagged.ts";
import type { PyDict } from "../python/value.ts";
import { cut } from "./words.ts";

const MOST_KEYS = 50;
const MOST_TEXT = 200;

export class DataLane {
  readonly #spans = new Map<string, DataSpan[]>();
  readonly #open = new Map<string, { from: number; value: string }>();
  #seen: PyDict | null = null;

  /** What the browser's session holds from now on; null: there is none. */
  after(at: number, data: PyDict | null): void {
    if (data === this.#seen) return;
    this.#seen = data;
    const values = new Map<string, string>();
    for (const [name, value] of data ?? []) {
      const key = typeof name === "string" ? name : writeTagged(name);
      if (!this.#spans.has(key) && this.#spans.size >= MOST_KEYS) continue;
      values.set(key, cut(writeTagged(value), MOST_TEXT));
    }
    for (const [key, open] of [...this.#open])
      if (values.get(key) !== open.value) this.#close(at, key, open);
    for (const [key, value] of values) {
      if (!this.#spans.has(key)) this.#spans.set(key, []);
      if (!this.#open.has(key)) this.#open.set(key, { from: Math.max(at, 0), value });
    }
  }

  #close(at: number, key: string, { from, value }: { from: number; value: string }): void {
    this.#open.delete(key);
    if (at > from) this.#spans.get(key)?.push({ from, to: at, key, value });
  }

  /** The end of the axis. */
  finish(at: number): Lanes["data"] {
    this.after(at, null);
    return [...this.#spans].map(([key, spans]) => ({ key, spans }));
  }
}
