/** What came of a change to one or many sessions, as it is gathered. */
import type { ChangeReport } from "../../shared/edit.ts";

const listed = 100;

export class Report {
  done = 0;
  #skippedCount = 0;
  readonly #skipped: ChangeReport["skipped"] = [];

  skip(key: string, reason: string): void {
    this.#skippedCount++;
    if (this.#skipped.length < listed) this.#skipped.push({ key, reason });
  }

  get skippedCount(): number {
    return this.#skippedCount;
  }

  /** With the bin job that undoes it, where anything was done. */
  with(job: string | null): ChangeReport {
    return {
      job: this.done > 0 ? job : null,
      done: this.done,
      skipped: [...this.#skipped],
      skippedCount: this.#skippedCount,
    };
  }
}
