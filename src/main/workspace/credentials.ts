/**
 * Secrets of connections, by the connection's id: in memory, and, where the system has a credential store, kept in
 * `credentials.json` under the app's home, each entry encrypted with a key that only that store has.
 *
 *     {"version": 1, "entries": {"c-1f0e…": "djEwq…base64"}}
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Secrets, secretsSchema } from "../../shared/connection.ts";
import { problem } from "../problem.ts";
import { conceal } from "./mask.ts";
import { replaceFile } from "./replace-file.ts";

/** Encrypts with a key of the system's credential store. */
export interface Vault {
  /** Whether it can be relied upon, and why not, for a person. */
  state(): Promise<{ kept: boolean; text: string }>;
  encrypt(text: string): Promise<string>;
  /** Rejects where the key is lost or another's. */
  decrypt(encrypted: string): Promise<string>;
}

export interface CredentialStore {
  state(): Promise<{ kept: boolean; text: string }>;
  get(connection: string): Promise<Secrets | undefined>;
  /** `keep` asks for the vault; cannot_open where it refuses. Else in memory, until the host ends. */
  put(connection: string, secrets: Secrets, keep: boolean): Promise<void>;
  remove(connection: string): void;
  has(connection: string): "kept" | "memory" | "no";
}

const inMemory = {
  kept: false,
  text: "Secrets are held in memory until this host ends. SECRET_KEY and passwords can be named by environment variables.",
};

const fileSchema = z.object({ version: z.literal(1), entries: z.record(z.string(), z.string()) });

export function openCredentials(home: string, vault: Vault | null): CredentialStore {
  const path = join(home, "credentials.json");
  const memory = new Map<string, Secrets>();

  const entries = (): Record<string, string> => {
    if (!vault || !existsSync(path)) return {};
    try {
      return fileSchema.parse(JSON.parse(readFileSync(path, "utf8"))).entries;
    } catch {
      return {};
    }
  };

  const write = (all: Record<string, string>): void =>
    replaceFile(path, `${JSON.stringify({ version: 1, entries: all })}\n`);

  return {
    state: async () => (vault ? await vault.state() : inMemory),
    async get(connection) {
      const held = memory.get(connection);
      const kept = held ? undefined : entries()[connection];
      if (!vault || kept === undefined) return held;
      try {
        const secrets = secretsSchema.parse(JSON.parse(await vault.decrypt(kept)));
        conceal(secrets);
        memory.set(connection, secrets);
        return secrets;
      } catch {
        throw problem(
          "cannot_open",
          "The secrets kept for this connection cannot be decrypted: the system's credential store has another key now.",
          "Type them again and save, or forget them.",
          { step: "credentials" },
        );
      }
    },
    async put(connection, secrets, keep) {
      const { handle: _, ...plain } = secrets;
      memory.set(connection, plain);
      if (!keep || !vault) return;
      const { kept, text } = await vault.state();
      if (!kept) throw problem("cannot_open", text, undefined, { step: "credentials" });
      const encrypted = await vault.encrypt(JSON.stringify(plain));
      write({ ...entries(), [connection]: encrypted });
    },
    remove(connection) {
      memory.delete(connection);
      const { [connection]: gone, ...rest } = entries();
      if (gone !== undefined) write(rest);
    },
    has: (connection) =>
      Object.hasOwn(entries(), connection) ? "kept" : memory.has(connection) ? "memory" : "no",
  };
}
