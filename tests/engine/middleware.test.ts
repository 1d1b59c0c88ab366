/** The 810 request sequences recorded from real Django 5.2.17: view, middleware, Set-Cookie bytes, storage, logs. */
import { describe, expect, test } from "vitest";
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
import { loads, SIGNED_COOKIES_SALT } from "../../src/main/engine/signing.ts";
import type { Micros } from "../../src/main/engine/time.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { writeJson } from "../../src/main/python/json.ts";
import { pyRepr } from "../../src/main/python/repr.ts";
import { isDict, PyTuple, type PyValue } from "../../src/main/python/value.ts";
import { micros } from "./golden.ts";
import {
  type Flags,
  items,
  member,
  Site,
  type Step,
  typedSteps,
  untag,
  vectors,
} from "./middleware-site.ts";
import { View } from "./middleware-view.ts";

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

async function runStep(site: Site, step: Step, typedStep: PyValue): Promise<void> {
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
  const { session } = request;
  if (session === undefined) throw new Error("no session");
  const view = new View(site, request);
  const raised: { type: string; message: string }[] = [];
  // CsrfViewMiddleware reads its secret before the view.
  if (site.settings.CSRF_USE_SESSIONS) await session.get(csrfKey);
  for (const action of items(member(typedStep, "actions"))) {
    const op = items(member(action, "op")).map(untag);
    const where = pyRepr(op);
    try {
      const result = await view.run(op);
      const expected = untag(member(action, "result"));
      expect(isDict(action) && action.has("result"), where).toBe(true);
      expect(
        pyEqual(plain(result), expected, { strictTypes: true }),
        `${where} gave ${pyRepr(result)}, not ${pyRepr(expected)}`,
      ).toBe(true);
    } catch (error) {
      if (!(error instanceof PythonError)) throw error;
      const expected = member(action, "error");
      if (expected !== null)
        expect([error.type, error.message], where).toEqual([
          member(expected, "type"),
          member(expected, "message"),
        ]);
      else if (op[0] === "raise") {
        raised.push({ type: error.type, message: error.message });
        view.status = 500;
      } else throw error;
    }
  }
  expect(flags(request.session)).toMatchObject(
    step.after_view === null ? {} : withoutLoaded(step.after_view),
  );
  if (step.after_view === null) expect(request.session).toBeUndefined();
  let response: SessionResponse = { status: view.status, setCookie: [], vary: view.vary };
  try {
    if (request.session !== undefined) await view.finish();
    await processResponse(site.environment, request, response);
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    raised.push({ type: error.type, message: error.message });
    response = {
      status: error.type === "SessionInterrupted" ? 400 : 500,
      setCookie: [],
      vary: null,
    };
  }
  expect({
    status: response.status,
    set_cookie: response.setCookie,
    vary: response.vary,
    generated_keys: site.generated,
    logs: site.logs.map(({ logger, level, message }) => [logger, level, message]),
    exceptions: raised,
    storage: storage(site),
  }).toEqual({
    status: step.status,
    set_cookie: step.set_cookie,
    vary: step.vary,
    generated_keys: step.generated_keys,
    logs: step.logs,
    exceptions: step.exceptions,
    storage: withoutRepr(step.storage),
  });
  if (step.after_response !== null)
    expect(flags(request.session)).toMatchObject(step.after_response);
  const sent = /=([^";]+)/.exec(response.setCookie[0] ?? "")?.[1];
  if (sent !== undefined && step.cookie_json !== undefined) {
    const key = site.settings.SECRET_KEY;
    expect(writeJson(loads(sent, { key, salt: SIGNED_COOKIES_SALT }))).toBe(step.cookie_json);
  }
}

/** repr() of what JSON cannot hold is left out here: the next step's `get` compares the value itself. */
const withoutRepr = ({ cache, ...rest }: Step["storage"]): Step["storage"] => ({
  ...rest,
  ...(cache ? { cache: cache.map(({ repr: _, ...entry }) => entry) } : {}),
});

const withoutLoaded = ({ accessed, modified, session_key, is_empty }: Flags): Partial<Flags> => ({
  accessed,
  modified,
  session_key,
  ...(is_empty === undefined ? {} : { is_empty }),
});

/** Views and tuples of the engine as the lists the recording made of them. */
const plain = (value: PyValue): PyValue => (value instanceof PyTuple ? value.items : value);

describe("middleware", () => {
  test.each(vectors.map((vector, index) => ({ id: vector.id, vector, index })))(
    "$id",
    async ({ vector, index }) => {
      const site = new Site(vector);
      for (const [at, step] of vector.steps.entries())
        await runStep(site, step, typedSteps(index)[at] ?? null);
    },
  );

  test("all 810 are there", () => {
    expect(vectors).toHaveLength(810);
  });
});
