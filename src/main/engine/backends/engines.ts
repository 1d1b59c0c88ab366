/** The five engines by the dotted path SESSION_ENGINE names them with. */
import { problem } from "../../problem.ts";
import type { SessionStore } from "../session.ts";
import { CacheSessionStore } from "./cache.ts";
import { CachedDbSessionStore } from "./cached-db.ts";
import { DbSessionStore } from "./db.ts";
import { FileSessionStore } from "./file.ts";
import type { Cache, Environment, FileStorage, RowStorage } from "./ports.ts";
import { SignedCookiesSessionStore } from "./signed-cookies.ts";

/** One of each; an engine takes what it needs. `cache` is the one SESSION_CACHE_ALIAS names. */
export interface Storages {
  readonly rows: RowStorage;
  readonly cache: Cache;
  readonly files: FileStorage;
}

export type EngineName = "db" | "cached_db" | "cache" | "file" | "signed_cookies";

/** The engine SESSION_ENGINE names. Throws bad_setting for any other: custom engines are Python code. */
export function engineName(path: string): EngineName {
  const name =
    /^django\.contrib\.sessions\.backends\.(db|cached_db|cache|file|signed_cookies)$/.exec(
      path,
    )?.[1];
  if (name === undefined)
    throw problem(
      "bad_setting",
      `SESSION_ENGINE names no engine of Django: ${path}.`,
      "Django has db, cached_db, cache, file and signed_cookies in django.contrib.sessions.backends.",
      { setting: "SESSION_ENGINE" },
    );
  return name as EngineName;
}

/** `SessionStore(sessionKey)` of the engine the settings name. */
export function openSession(
  environment: Environment,
  { rows, cache, files }: Storages,
  sessionKey: string | null = null,
): SessionStore {
  switch (engineName(environment.settings.SESSION_ENGINE)) {
    case "db":
      return new DbSessionStore(environment, rows, sessionKey);
    case "cached_db":
      return new CachedDbSessionStore(environment, rows, cache, sessionKey);
    case "cache":
      return new CacheSessionStore(environment, cache, sessionKey);
    case "file":
      return new FileSessionStore(environment, files, sessionKey);
    case "signed_cookies":
      return new SignedCookiesSessionStore(environment, sessionKey);
  }
}
