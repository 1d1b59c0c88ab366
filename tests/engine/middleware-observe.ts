/** Runs a recorded sequence under a version and tells what was seen, step by step. */
import { openSession } from "../../src/main/engine/backends/engines.ts";
import { parseCookies } from "../../src/main/engine/cookie.ts";
import { csrfKey } from "../../src/main/engine/csrf-messages.ts";
import { PythonError } from "../../src/main/engine/errors.ts";
import { formatIso } from "../../src/main/engine/iso.ts";
import {
  processRequest,
  processResponse,
  type SessionRequest,
  type SessionResponse,
} from "../../src/main/engine/middleware.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import type { DjangoVersion } from "../../src/main/engine/settings.ts";
import type { Micros } from "../../src/main/engine/time.ts";
import { writeJson } from "../../src/main/python/json.ts";
import { PyTuple, type PyValue } from "../../src/main/python/value.ts";
import { micros } from "./golden.ts";
import {
  type Flags,
  items,
  member,
  Site,
  type Step,
  untag,
  type Vector,
} from "./middleware-site.ts";
import { View } from "./middleware-view.ts";

type Failure = { type: string; message: string };

export interface Observed
  extends Pick<Step, "status" | "set_cookie" | "vary" | "generated_keys" | "storage" | "logs"> {
  results: ({ op: PyValue[]; result: PyValue } | { op: PyValue[]; error: Failure })[];
  exceptions: Failure[];
  after_view: Flags | null;
  after_response: Flags | null;
}

const flags = (session: SessionStore | undefined): Flags | null =>
  session === undefined
    ? null
    : {
        accessed: session.accessed,
        modified: session.modified,
        session_key: session.sessionKey,
        is_empty: session.isEmpty(),
      };

/** A datetime as SQLite's backend writes it. */
const sqliteText = (at: Micros): string => formatIso({ wall: at, offset: null }, " ");

/** What json.dumps makes of it, null where it refuses. */
function jsonOf(value: PyValue): string | null {
  try {
    return writeJson(value);
  } catch {
    return null;
  }
}

function storage(site: Site): Step["storage"] {
  const reader = openSession(site.environment, site.storages);
  const logged = site.logs.length;
  const rows = () =>
    site.rows.rows().map(({ sessionKey, sessionData, expireDate }) => ({
      session_key: sessionKey,
      session_data: sessionData,
      json: writeJson(reader.decode(sessionData)),
      expire_date: sqliteText(expireDate),
    }));
  const cache = () =>
    site.cache.entries().map(({ key, value, expires }) => {
      return { key, json: jsonOf(value), expires_at: Number(expires) / 1e6 };
    });
  const files = () =>
    site.files.files().map(([name, { content, modified }]) => {
      const text = Buffer.from(content).toString();
      return {
        name,
        content: text,
        json: text === "" ? null : writeJson(reader.decode(text)),
        mtime: Number(modified) / 1e6,
      };
    });
  const dump: Record<string, () => Step["storage"]> = {
    db: () => ({ rows: rows() }),
    cached_db: () => ({ rows: rows(), cache: cache() }),
    cache: () => ({ cache: cache() }),
    file: () => ({ files: files() }),
    signed_cookies: () => ({}),
  };
  const dumped = dump[site.vector.engine]?.() ?? {};
  // Looking at the store decodes it, which is not part of the request.
  site.logs.length = logged;
  return dumped;
}

/** Views and tuples of the engine as the lists the recording made of them. */
const plain = (value: PyValue): PyValue => (value instanceof PyTuple ? value.items : value);

/** `typedSteps` are the steps with Python's types. */
export async function observe(
  vector: Vector,
  typedSteps: PyValue[],
  version: DjangoVersion,
): Promise<Observed[]> {
  const site = new Site(vector, version);
  const seen: Observed[] = [];
  for (const [at, step] of vector.steps.entries())
    seen.push(await observeStep(site, step, typedSteps[at] ?? null));
  return seen;
}

async function observeStep(site: Site, step: Step, typedStep: PyValue): Promise<Observed> {
  site.now = micros(step.t);
  site.logs = [];
  site.generated = [];
  site.settings = site.resolve(step.settings ?? {});
  const request: SessionRequest = {
    cookies: parseCookies(step.cookie_header ?? ""),
    session: undefined,
  };
  processRequest(site.environment, request, (environment, key) =>
    openSession(environment, site.storages, key),
  );
  // CsrfViewMiddleware reads its secret before the view.
  if (site.settings.CSRF_USE_SESSIONS) await request.session?.get(csrfKey);

  const view = new View(site, request);
  const exceptions: Failure[] = [];
  const results: Observed["results"] = [];
  for (const action of items(member(typedStep, "actions"))) {
    const op = items(member(action, "op")).map(untag);
    try {
      results.push({ op, result: plain(await view.run(op)) });
    } catch (error) {
      if (op[0] !== "raise") results.push({ op, error: failure(error) });
      else {
        exceptions.push(failure(error));
        view.status = 500;
      }
    }
  }
  const after_view = flags(request.session);
  let response: SessionResponse = { status: view.status, setCookie: [], vary: view.vary };
  try {
    if (request.session !== undefined) await view.finish();
    await processResponse(site.environment, request, response);
  } catch (error) {
    const raised = failure(error);
    exceptions.push(raised);
    const status = raised.type === "SessionInterrupted" ? 400 : 500;
    response = { status, setCookie: [], vary: null };
  }
  return {
    results,
    exceptions,
    after_view,
    after_response: flags(request.session),
    status: response.status,
    set_cookie: response.setCookie,
    vary: response.vary,
    generated_keys: site.generated,
    logs: site.logs.map(({ logger, level, message }) => [logger, level, message]),
    storage: storage(site),
  };
}

function failure(error: unknown): Failure {
  if (!(error instanceof PythonError)) throw error;
  return { type: error.type, message: error.message };
}
