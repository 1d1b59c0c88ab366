/**
 * Runs a scenario: one browser with one cookie, one view behind SessionMiddleware, one store, a clock that stands
 * still within a step. Nothing is random: the same scenario gives the same timeline.
 */
import { engineName, openSession, type Storages } from "../engine/backends/engines.ts";
import type { Environment } from "../engine/backends/ports.ts";
import { LocMemCache, type LocMemOptions } from "../engine/caches/locmem.ts";
import { parseCookies } from "../engine/cookie.ts";
import { PythonError } from "../engine/errors.ts";
import {
  processRequest,
  processResponse,
  type SessionRequest,
  type SessionResponse,
} from "../engine/middleware.ts";
import type { CacheSettings, DjangoVersion, Settings } from "../engine/settings.ts";
import { instant, isoMicros, type Micros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import type { PyValue } from "../python/value.ts";
import { runAction } from "./actions.ts";
import { CookieJar } from "./jar.ts";
import { MemoryFiles, MemoryRows } from "./memory.ts";
import { type RequestStep, type Scenario, type Step, timeOf } from "./scenario.ts";
import {
  errorResult,
  type JarAfter,
  type RequestRecord,
  type StoreAfter,
  type Timeline,
  type TimelineRecord,
} from "./timeline.ts";

/** The releases the engine was compared with; 6.0 stands for the releases that send Vary with every session cookie. */
const releases: Record<DjangoVersion, string> = {
  "3.2": "3.2.25",
  "4.2": "4.2.28",
  "5.2": "5.2.17",
  "6.0": "6.0.5",
};

/** Runs all steps in their order. Throws bad_setting for an engine or a cache the settings do not have. */
export async function runScenario(scenario: Scenario): Promise<Timeline> {
  const run = new Run(scenario);
  const timeline: TimelineRecord[] = [];
  for (const step of scenario.steps) timeline.push(await run.step(step));
  return { title: scenario.title, django: releases[scenario.django], timeline };
}

class Run {
  #now: Micros;
  #keysHandedOut = 0;
  readonly #scenario: Scenario;
  readonly #environment: Environment;
  readonly #jar = new CookieJar();
  readonly #rows = new MemoryRows();
  readonly #files: MemoryFiles;
  readonly #cache: LocMemCache;
  readonly #storages: Storages;

  constructor(scenario: Scenario) {
    const { settings } = scenario;
    this.#scenario = scenario;
    this.#now = scenario.start;
    const now = () => this.#now;
    this.#environment = {
      version: scenario.django,
      settings,
      now,
      newKey: () => this.#nextKey(),
      log() {},
    };
    const cache = sessionCache(settings);
    this.#files = new MemoryFiles(now);
    this.#cache = new LocMemCache({ ...cache, ...limits(cache), now });
    this.#storages = { rows: this.#rows, cache: this.#cache, files: this.#files };
  }

  /** The listed keys first; then `auto` and a number which counts those too. */
  #nextKey(): string {
    const listed = this.#scenario.keys[this.#keysHandedOut++];
    return listed ?? `auto${String(this.#keysHandedOut).padStart(28, "0")}`;
  }

  async step(step: Step): Promise<TimelineRecord> {
    this.#now = timeOf(this.#scenario, step);
    const { at } = step;
    if ("request" in step) return { at, ...(await this.#request(step.request)), ...this.#after() };
    const failed = await this.#event(step).then(
      () => ({}),
      (error: unknown) => ({ exception: expected(error).type }),
    );
    return { at, event: step.event, ...failed, ...this.#after() };
  }

  async #event(step: Exclude<Step, { request: RequestStep }>): Promise<void> {
    switch (step.event) {
      case "closeBrowser":
        return this.#jar.closeBrowser();
      case "clearCache":
        return this.#cache.clear();
      case "clearsessions":
        return openSession(this.#environment, this.#storages).clearExpired();
      case "deleteSession": {
        const key = step.key === "jar" ? this.#jar.cookie?.value : step.key;
        if (key !== undefined) await this.#deleteRecord(key);
      }
    }
  }

  async #deleteRecord(sessionKey: string): Promise<void> {
    await openSession(this.#environment, this.#storages, sessionKey).delete();
  }

  async #request(step: RequestStep): Promise<Omit<RequestRecord, "at" | "jar" | "store">> {
    const jarred = this.#jar.cookieFor(this.#now, step.path, step.secure)?.value ?? null;
    const sent = step.cookie === "jar" ? jarred : step.cookie === "none" ? null : step.cookie.value;
    const name = this.#environment.settings.SESSION_COOKIE_NAME;
    const header = sent === null ? "" : Buffer.from(`${name}=${sent}`).toString("latin1");
    const request: SessionRequest = { cookies: parseCookies(header), session: undefined };
    processRequest(this.#environment, request, (environment, key) =>
      openSession(environment, this.#storages, key),
    );
    const { session } = request;
    if (session === undefined) throw new Error("processRequest opened no session");

    const view = await this.#view(session, step);
    let response: SessionResponse = { status: view.status, setCookie: [], vary: null };
    let exception = view.exception;
    let interrupted = false;
    try {
      await processResponse(this.#environment, request, response);
    } catch (error) {
      // Django answers an exception of the middleware with a fresh response, without cookie and Vary.
      const { type } = expected(error);
      interrupted = type === "SessionInterrupted";
      exception = interrupted ? undefined : type;
      response = { status: interrupted ? 400 : 500, setCookie: [], vary: null };
    }
    if (step.cookie === "jar")
      for (const cookie of response.setCookie) this.#jar.receive(this.#now, cookie, step.path);
    return {
      cookieSent: sent,
      results: view.results,
      response: {
        ...response,
        interrupted,
        ...(exception === undefined ? {} : { exception }),
      },
      session: {
        key: session.sessionKey,
        accessed: session.accessed,
        modified: session.modified,
      },
    };
  }

  /** Runs the actions. KeyError, TypeError and AttributeError are caught by the view, anything else ends it with a 500. */
  async #view(
    session: NonNullable<SessionRequest["session"]>,
    step: RequestStep,
  ): Promise<{ status: number; results: PyValue[]; exception?: string }> {
    const results: PyValue[] = [];
    const context = {
      session,
      timeZone: this.#environment.settings.TIME_ZONE,
      deleteRecord: (key: string) => this.#deleteRecord(key),
    };
    for (const action of step.actions)
      try {
        results.push(await runAction(context, action));
      } catch (error) {
        const { type } = expected(error);
        if (!["KeyError", "TypeError", "AttributeError"].includes(type))
          return { status: 500, results, exception: type };
        results.push(errorResult(type));
      }
    return { status: step.status, results };
  }

  #after(): { jar: JarAfter | null; store: StoreAfter } {
    const { cookie } = this.#jar;
    const jar = cookie && {
      value: cookie.value,
      expires: cookie.expires === null ? null : isoMicros(cookie.expires),
    };
    return { jar, store: this.#store() };
  }

  #store(): StoreAfter {
    const { settings } = this.#environment;
    const engine = engineName(settings.SESSION_ENGINE);
    const reader = openSession(this.#environment, this.#storages);
    const offset = settings.USE_TZ ? 0n : null;
    const rows = () =>
      this.#rows.rows().map(({ sessionKey, sessionData, expireDate }) => ({
        key: sessionKey,
        expires: isoMicros(instant({ wall: expireDate, offset }, settings.TIME_ZONE)),
        data: reader.decode(sessionData),
      }));
    const live = () =>
      this.#cache.entries().filter(({ expires }) => expires === null || expires > this.#now);
    const cache = () =>
      live().map(({ key, expires, value }) => ({
        key,
        expires: expires === null ? null : isoMicros(expires),
        data: value,
      }));
    switch (engine) {
      case "db":
        return { rows: rows() };
      case "cached_db":
        return { rows: rows(), cache: cache() };
      case "cache":
        return { cache: cache() };
      case "file":
        return {
          files: this.#files.files().map(([file, { content, modified }]) => ({
            file,
            modified: isoMicros(modified),
            data: content.length === 0 ? null : reader.decode(Buffer.from(content).toString()),
          })),
        };
      case "signed_cookies":
        return {};
    }
  }
}

/** What Django would have raised; anything else is a bug and goes on. */
function expected(error: unknown): PythonError {
  if (error instanceof PythonError) return error;
  throw error;
}

/** The cache of SESSION_CACHE_ALIAS. Throws bad_setting where there is none, or where its keys are made by Python code. */
function sessionCache({ CACHES, SESSION_CACHE_ALIAS }: Settings): CacheSettings {
  const cache = Object.hasOwn(CACHES, SESSION_CACHE_ALIAS)
    ? CACHES[SESSION_CACHE_ALIAS]
    : undefined;
  if (cache === undefined)
    throw badSetting(
      "SESSION_CACHE_ALIAS",
      `SESSION_CACHE_ALIAS names no cache of CACHES: ${SESSION_CACHE_ALIAS}.`,
    );
  if (cache.KEY_FUNCTION !== null)
    throw badSetting("CACHES", "KEY_FUNCTION is Python code and cannot be simulated.");
  return cache;
}

const badSetting = (setting: string, message: string) =>
  problem("bad_setting", message, undefined, { setting });

/** Culling is the in-memory cache's own; any other backend is simulated without end. */
function limits({
  BACKEND,
  OPTIONS,
}: CacheSettings): Pick<LocMemOptions, "MAX_ENTRIES" | "CULL_FREQUENCY"> {
  if (!BACKEND.endsWith(".LocMemCache")) return { MAX_ENTRIES: Number.POSITIVE_INFINITY };
  const { MAX_ENTRIES, CULL_FREQUENCY } = OPTIONS;
  return {
    ...(typeof MAX_ENTRIES === "number" ? { MAX_ENTRIES } : {}),
    ...(typeof CULL_FREQUENCY === "number" ? { CULL_FREQUENCY } : {}),
  };
}
