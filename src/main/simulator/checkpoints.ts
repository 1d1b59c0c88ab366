/** Where a run stood after every so many steps, so that any step is reached without the ones before it. */
import type { Run, RunState } from "./stepper.ts";

/** Steps between two checkpoints, to begin with. */
const EVERY = 250;
/** Records over all checkpoints, tens of bytes each; beyond, every other checkpoint goes. */
const MOST_RECORDS = 400_000;

export class Checkpoints {
  #every = EVERY;
  #records = 0;
  readonly #at = new Map<number, { readonly state: RunState; readonly records: number }>();

  /** Records held over all checkpoints. */
  get records(): number {
    return this.#records;
  }

  /** Tells of a run that has done so many steps. */
  passed(done: number, run: Run): void {
    if (done === 0 || done % this.#every !== 0 || this.#at.has(done)) return;
    const state = run.state();
    const { rows, cache, files } = state.store;
    const records = rows.length + cache.length + files.length + 1;
    this.#at.set(done, { state, records });
    this.#records += records;
    while (this.#records > MOST_RECORDS && this.#at.size > 0) this.#thin();
  }

  /** The last one that does not lie behind so many steps done. */
  before(done: number): { done: number; state: RunState } | null {
    for (let at = done - (done % this.#every); at > 0; at -= this.#every) {
      const found = this.#at.get(at);
      if (found !== undefined) return { done: at, state: found.state };
    }
    return null;
  }

  #thin(): void {
    this.#every *= 2;
    for (const [done, { records }] of this.#at) {
      if (done % this.#every === 0) continue;
      this.#at.delete(done);
      this.#records -= records;
    }
  }
}
