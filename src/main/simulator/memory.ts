/** Storages in memory for a run: a table, a folder of files, and Django's in-memory cache. */
import type { FileStorage, Row, RowStorage } from "../engine/backends/ports.ts";
import { PythonError } from "../engine/errors.ts";
import type { Micros } from "../engine/time.ts";

const byKey = (a: [string, unknown], b: [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

export class MemoryRows implements RowStorage {
  readonly #rows = new Map<string, Row>();
  /** Its keys, sorted: a run looks at all rows after each step. */
  readonly #keys: string[] = [];

  /** `rows` are there at the start, sorted by key. */
  constructor(rows: readonly Row[] = []) {
    for (const row of rows) {
      this.#rows.set(row.sessionKey, row);
      this.#keys.push(row.sessionKey);
    }
  }

  /** Where a key stands among the sorted ones, or would. */
  #place(key: string): number {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#keys[middle] ?? "") < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  has(sessionKey: string): boolean {
    return this.#rows.has(sessionKey);
  }

  row(sessionKey: string): Row | undefined {
    return this.#rows.get(sessionKey);
  }

  async exists(sessionKey: string): Promise<boolean> {
    return this.#rows.has(sessionKey);
  }

  async findLive(sessionKey: string, now: Micros): Promise<Row | undefined> {
    const row = this.#rows.get(sessionKey);
    return row !== undefined && row.expireDate > now ? row : undefined;
  }

  async insert(row: Row): Promise<void> {
    if (this.#rows.has(row.sessionKey))
      throw new PythonError("IntegrityError", "UNIQUE constraint failed");
    this.#keys.splice(this.#place(row.sessionKey), 0, row.sessionKey);
    this.#rows.set(row.sessionKey, row);
  }

  async update(row: Row): Promise<number> {
    if (!this.#rows.has(row.sessionKey)) return 0;
    this.#rows.set(row.sessionKey, row);
    return 1;
  }

  async delete(sessionKey: string): Promise<void> {
    if (this.#rows.delete(sessionKey)) this.#keys.splice(this.#place(sessionKey), 1);
  }

  /** What deleteExpired would delete, sorted by key. */
  expired(now: Micros): Row[] {
    return this.rows().filter(({ expireDate }) => expireDate < now);
  }

  async deleteExpired(now: Micros): Promise<number> {
    const expired = this.expired(now);
    for (const { sessionKey } of expired) await this.delete(sessionKey);
    return expired.length;
  }

  /** All rows, sorted by key. */
  rows(): Row[] {
    return this.#keys.flatMap((key) => this.#rows.get(key) ?? []);
  }
}

export interface MemoryFile {
  readonly content: Uint8Array;
  readonly modified: Micros;
}

export class MemoryFiles implements FileStorage {
  readonly #files: Map<string, MemoryFile>;
  readonly #now: () => Micros;

  /** `now` dates what is written; `files` are there at the start. */
  constructor(now: () => Micros, files: readonly (readonly [string, MemoryFile])[] = []) {
    this.#now = now;
    this.#files = new Map(files);
  }

  async list(): Promise<string[]> {
    return this.files().map(([name]) => name);
  }

  file(name: string): MemoryFile | undefined {
    return this.#files.get(name);
  }

  async exists(name: string): Promise<boolean> {
    return this.#files.has(name);
  }

  async read(name: string): Promise<MemoryFile | undefined> {
    return this.#files.get(name);
  }

  async createEmpty(name: string): Promise<boolean> {
    if (this.#files.has(name)) return false;
    await this.replace(name, new Uint8Array());
    return true;
  }

  async replace(name: string, content: Uint8Array): Promise<void> {
    this.#files.set(name, { content, modified: this.#now() });
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  /** All files, sorted by name. */
  files(): [string, MemoryFile][] {
    return [...this.#files].sort(byKey);
  }
}
