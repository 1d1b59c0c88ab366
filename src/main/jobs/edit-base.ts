/** What sessions were when they were read, so that a lost race can show both sides. Bounded, in memory. */
import type { Entry } from "../stores/driver.ts";

const mostEntries = 64;
const mostBytes = 32 * 1024 * 1024;

export class ReadEntries {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  remember(identity: string, entry: Entry): void {
    const name = nameOf(identity, entry.key, entry.token);
    if (entry.data === null || entry.size > mostBytes / 4 || this.#entries.has(name)) return;
    this.#entries.set(name, entry);
    this.#bytes += entry.size;
    for (const [oldest, { size }] of this.#entries) {
      if (this.#entries.size <= mostEntries && this.#bytes <= mostBytes) return;
      this.#entries.delete(oldest);
      this.#bytes -= size;
    }
  }

  find(identity: string, key: string, token: string): Entry | null {
    return this.#entries.get(nameOf(identity, key, token)) ?? null;
  }
}

const nameOf = (identity: string, key: string, token: string): string =>
  JSON.stringify([identity, key, token]);
