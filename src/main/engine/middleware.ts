/**
 * django.contrib.sessions.middleware.SessionMiddleware on two small records.
 *
 * The order is behaviour: whether the session is empty is asked first, expiry is computed before the save and
 * before the status is looked at, so a broken `_session_expiry` fails a response that would not have been saved,
 * and a lazy load may happen there and drop an unknown key.
 */

import type { Environment } from "./backends/ports.ts";
import { deletionCookie, patchVary, sessionCookie } from "./cookie.ts";
import { isPythonError, PythonError } from "./errors.ts";
import { addedSeconds, type SessionStore } from "./session.ts";
import { atLeast } from "./settings.ts";
import { httpDate, secondsOf } from "./time.ts";

export interface SessionRequest {
  /** By name, as cookie.ts parses them. */
  readonly cookies: ReadonlyMap<string, string>;
  /** Undefined before processRequest, and where the view removed it. */
  session: SessionStore | undefined;
}

export interface SessionResponse {
  status: number;
  /** Values of Set-Cookie headers. */
  setCookie: string[];
  vary: string | null;
}

/** SESSION_ENGINE: makes the store of a request. */
export type OpenSession = (environment: Environment, sessionKey: string | null) => SessionStore;

const sessionInterruptedMessage =
  "The request's session was deleted before the request completed. The user may have logged out in a concurrent request, for example.";

/** Puts a store over the cookie's key into the request. Nothing is loaded. */
export function processRequest(
  environment: Environment,
  request: SessionRequest,
  open: OpenSession,
): void {
  const key = request.cookies.get(environment.settings.SESSION_COOKIE_NAME) ?? null;
  request.session = open(environment, key);
}

/**
 * Saves or deletes, and writes Set-Cookie and Vary into the response. Throws SessionInterrupted (a 400) where the
 * record has vanished, and whatever saving throws (a 500): the handler then answers with a fresh response.
 */
export async function processResponse(
  environment: Environment,
  request: SessionRequest,
  response: SessionResponse,
): Promise<void> {
  const { settings, version } = environment;
  const { session } = request;
  if (session === undefined) return;
  const { accessed, modified } = session;
  const empty = session.isEmpty();
  if (empty && request.cookies.has(settings.SESSION_COOKIE_NAME)) {
    response.setCookie.push(deletionCookie(settings));
    response.vary = patchVary(response.vary);
    return;
  }
  if (accessed) response.vary = patchVary(response.vary);
  if (empty || !(modified || settings.SESSION_SAVE_EVERY_REQUEST)) return;
  const age = (await session.getExpireAtBrowserClose())
    ? null
    : await cookieAge(environment, session);
  // Until 4.1 exactly 500 was left unsaved, since then every failure of the server.
  if (atLeast(version, "4.2") ? response.status >= 500 : response.status === 500) return;
  try {
    await session.save();
  } catch (error) {
    if (isPythonError(error, "UpdateError"))
      throw new PythonError("SessionInterrupted", sessionInterruptedMessage);
    throw error;
  }
  response.setCookie.push(sessionCookie(settings, session.sessionKey ?? "", age));
  // Before 5.2.14 and 6.0.5 a save without access left Vary out (CVE-2026-35192).
  if (atLeast(version, "5.2")) response.vary = patchVary(response.vary);
}

async function cookieAge(
  environment: Environment,
  session: SessionStore,
): Promise<{ maxAge: number; expires: string }> {
  const maxAge = addedSeconds(await session.getExpiryAge());
  return { maxAge, expires: httpDate(secondsOf(environment.now()) + maxAge) };
}
