/**
 * A scenario under way: one browser with one cookie, one view behind SessionMiddleware, one store, a clock that stands
 * still within a step.
 */
import { userIdKey } from "../engine/auth.ts";
import { cacheKeyPrefix } from "../engine/backends/cache.ts";
import { cachedDbKeyPrefix } from "../engine/backends/cached-db.ts";
import { type EngineName, openSession } from "../engine/backends/engines.ts";
import type { Environment } from "../engine/backends/ports.ts";
import { parseCookies, sessionCookie } from "../engine/cookie.ts";
import {
  processRequest,
  processResponse,
  type SessionRequest,
  type SessionResponse,
} from "../engine/middleware.ts";
import { addedSeconds } from "../engine/session.ts";
import { httpDate, isoMicros, type Micros, moment, secondsOf } from "../engine/time.ts";
import { problem } from "../problem.ts";
import { PyFloat } from "../python/value.ts";
import { CookieJar, type JarCookie } from "./jar.ts";
import type { Present } from "./present.ts";
import { RunStore, type StoreState } from "./run-store.ts";
import { type Initial, type RequestStep, type Scenario, type Step, timeOf } from "./scenario.ts";
import type { StoredRecord } from "./snapshot.ts";
import type { JarAfter, StepRecord, StoreAfter } from "./timeline.ts";
import type { StoreEvent, TraceEvent } from "./trace.ts";
import { expected, runView } from "./view.ts";

export interface StepResult {
  readonly record: StepRecord;
  readonly trace: readonly TraceEvent[];
  /** The browser's cookie after the step; it may have ended since it was last sent. */
  readonly cookie: JarCookie | null;
  /** What the cookie leads to after the step. */
  readonly present: Present | null;
  /** How long each file written in this step will be served; null: never ends. */
  readonly fileEnds: ReadonlyMap<string, Micros | null>;
}

/**
 * A scenario under way: its start, then steps one after the other. Throws bad_setting for an engine or a cache that
 * cannot be run, not_writable where Django could not have saved the session that is there at the start.
 */
export async function startRun(scenario: Scenario): Promise<Run> {
  const run = new Run(scenario);
  try {
    if (scenario.initial !== null) await run.begin(scenario.initial);
  } catch (error) {
    throw problem(
      "not_writable",
      `The session at the start cannot be saved under these settings: ${expected(error).type}: ${expected(error).message}`,
    );
  }
  return run;
}

/** What a run goes on from. */
export interface RunState {
  readonly keysHandedOut: number;
  readonly cookie: JarCookie | null;
  readonly store: StoreState;
}

export class Run {
  readonly engine: EngineName;
  /** What saving the session that is there at the start did. */
  begun: Pick<StepResult, "trace" | "fileEnds"> = { trace: [], fileEnds: new Map() };
  #now: Micros;
  #keysHandedOut: number;
  #trace: TraceEvent[] = [];
  readonly #scenario: Scenario;
  readonly #environment: Environment;
  readonly #jar: CookieJar;
  readonly #store: RunStore;

  /** Goes on from a state of an earlier run of the same scenario, or starts afresh, without its session at the start. */
  constructor(scenario: Scenario, from?: RunState) {
    this.#scenario = scenario;
    this.#now = scenario.start;
    this.#keysHandedOut = from?.keysHandedOut ?? 0;
    this.#jar = new CookieJar(from?.cookie);
    this.#environment = {
      version: scenario.django,
      settings: scenario.settings,
      now: () => this.#now,
      newKey: () => this.#nextKey(),
      log() {},
    };
    this.#store = new RunStore(this.#environment, (event) => this.#trace.push(event), from?.store);
    this.engine = this.#store.engine;
  }

  /** Where the run stands, between two steps. */
  state(): RunState {
    return {
      keysHandedOut: this.#keysHandedOut,
      cookie: this.#jar.cookie,
      store: this.#store.state(),
    };
  }

  /** The listed keys first; then `auto` and a number which counts those too. */
  #nextKey(): string {
    const listed = this.#scenario.keys[this.#keysHandedOut++];
    return listed ?? `auto${String(this.#keysHandedOut).padStart(28, "0")}`;
  }

  /** Saves the session that is there at the start as Django would have, at its own time. */
  async begin({ key, data, saved, expires, cookie }: Initial): Promise<void> {
    this.#now = saved;
    const given: Environment = {
      ...this.#environment,
      newKey: () => key ?? this.#nextKey(),
    };
    const session = openSession(given, this.#store.storages);
    await session.update(data);
    await session.save();
    const name = session.sessionKey ?? "";
    if (expires !== null) await this.#setEnd(name, expires);
    if (cookie) {
      const maxAge = addedSeconds(await session.getExpiryAge());
      const age = (await session.getExpireAtBrowserClose())
        ? null
        : { maxAge, expires: httpDate(secondsOf(saved) + maxAge) };
      this.#jar.receive(saved, sessionCookie(this.#environment.settings, name, age), "/");
    }
    this.begun = { trace: this.#trace, fileEnds: this.#fileEnds() };
    this.#now = this.#scenario.start;
  }

  /** What the store says of a session's end, whatever Django would have written. Files keep their time. */
  async #setEnd(key: string, end: Micros): Promise<void> {
    const row = this.#store.rows.row(key);
    const expireDate = moment(end, this.#environment.settings).wall;
    if (row !== undefined) await this.#store.storages.rows.update({ ...row, expireDate });
    const cacheKey = (this.engine === "cache" ? cacheKeyPrefix : cachedDbKeyPrefix) + key;
    const entry = this.#store.cache.stored(cacheKey);
    if (entry === undefined) return;
    const value = await this.#store.cache.get(cacheKey);
    const seconds = new PyFloat(secondsOf(end - this.#now));
    await this.#store.storages.cache.set(cacheKey, value ?? null, seconds);
  }

  async step(step: Step): Promise<StepResult> {
    this.#now = timeOf(this.#scenario, step);
    this.#trace = [];
    const record = await this.#record(step);
    return {
      record: { ...record, jar: this.#jarAfter() } as StepRecord,
      trace: this.#trace,
      cookie: this.#jar.cookie,
      present: this.present(),
      fileEnds: this.#fileEnds(),
    };
  }

  /** What the browser's cookie leads to now. */
  present(): Present | null {
    const cookie = this.cookie();
    return cookie === null ? null : this.#store.lookup.find(cookie.value);
  }

  /** The browser's cookie, unless it has ended. */
  cookie(): JarCookie | null {
    const { cookie } = this.#jar;
    return cookie?.expires != null && cookie.expires <= this.#now ? null : cookie;
  }

  /** The clock goes on to a step that has not happened yet. */
  advance(step: Step): void {
    this.#now = timeOf(this.#scenario, step);
  }

  /** Everything stored, for looking at; the same object while nothing has changed. */
  store(): StoreAfter {
    return this.#store.snapshots.store();
  }

  /** Everything stored, not decoded; by kind and key. */
  records(): ReadonlyMap<string, StoredRecord> {
    return this.#store.snapshots.records();
  }

  #fileEnds(): ReadonlyMap<string, Micros | null> {
    const ends = new Map<string, Micros | null>();
    for (const event of this.#trace)
      if (event.type === "store" && event.file !== undefined)
        ends.set(event.key, this.#endOfFile(event.file));
    return ends;
  }

  #endOfFile(file: NonNullable<StoreEvent["file"]>): Micros | null {
    const text = Buffer.from(file.content).toString();
    return this.#store.lookup.fileEnds(
      file,
      text === "" ? new Map() : this.#store.lookup.decoded(file, text),
    );
  }

  async #record(step: Step): Promise<object> {
    const { at } = step;
    if ("request" in step) {
      if (step.request.unlessSignedIn && this.present()?.data.has(userIdKey))
        return { at, event: "skipped" };
      return { at, ...(await this.#request(step.request)) };
    }
    const failed = await this.#event(step).then(
      () => ({}),
      (error: unknown) => ({ exception: expected(error).type }),
    );
    return { at, event: step.event, ...failed };
  }

  async #event(step: Exclude<Step, { request: RequestStep }>): Promise<void> {
    switch (step.event) {
      case "closeBrowser":
        return this.#jar.closeBrowser();
      case "clearCache":
        return this.#store.clearCache();
      case "clearsessions":
        this.#store.purging = true;
        try {
          return await openSession(this.#environment, this.#store.storages).clearExpired();
        } finally {
          this.#store.purging = false;
        }
      case "deleteSession": {
        const key = step.key === "jar" ? this.#jar.cookie?.value : step.key;
        if (key !== undefined) await this.#deleteRecord(key);
        return;
      }
      case "deleteRow": {
        const key = step.key === "jar" ? this.#jar.cookie?.value : step.key;
        if (key === undefined) return;
        await this.#store.storages.rows.delete(key);
        if (this.engine === "file")
          await this.#store.storages.files.remove(
            this.#environment.settings.SESSION_COOKIE_NAME + key,
          );
      }
    }
  }

  async #deleteRecord(sessionKey: string): Promise<void> {
    await openSession(this.#environment, this.#store.storages, sessionKey).delete();
  }

  async #request(step: RequestStep): Promise<object> {
    const jarred = this.#jar.cookieFor(this.#now, step.path, step.secure)?.value ?? null;
    const sent = step.cookie === "jar" ? jarred : step.cookie === "none" ? null : step.cookie.value;
    const name = this.#environment.settings.SESSION_COOKIE_NAME;
    const header = sent === null ? "" : Buffer.from(`${name}=${sent}`).toString("latin1");
    const request: SessionRequest = { cookies: parseCookies(header), session: undefined };
    processRequest(this.#environment, request, (environment, key) =>
      openSession(environment, this.#store.storages, key),
    );
    const { session } = request;
    if (session === undefined) throw new Error("processRequest opened no session");

    const view = await runView(
      {
        session,
        timeZone: this.#environment.settings.TIME_ZONE,
        deleteRecord: (key) => this.#deleteRecord(key),
      },
      step,
      this.#trace,
    );
    let response: SessionResponse = { status: view.status, setCookie: [], vary: null };
    let exception = view.exception;
    let interrupted = false;
    this.#trace.push({
      type: "response",
      empty: session.isEmpty(),
      accessed: session.accessed,
      modified: session.modified,
      cookie: request.cookies.has(name),
      status: view.status,
      key: session.sessionKey,
    });
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

  #jarAfter(): JarAfter | null {
    const { cookie } = this.#jar;
    return (
      cookie && {
        value: cookie.value,
        expires: cookie.expires === null ? null : isoMicros(cookie.expires),
      }
    );
  }
}
