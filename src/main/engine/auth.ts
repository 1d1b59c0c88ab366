/**
 * How django.contrib.auth uses a session: three keys, and a hash of the password that ends every other session of
 * a user when it changes, lazily, at the next request that asks who the user is.
 *
 *     _auth_user_id       "1"                                             the primary key as text
 *     _auth_user_backend  "django.contrib.auth.backends.ModelBackend"
 *     _auth_user_hash     64 hex digits (auth-hash.ts), "" where the user model has no such method
 */
import { timingSafeEqual } from "node:crypto";
import type { PyValue } from "../python/value.ts";
import type { SessionStore } from "./session.ts";
import { atLeast, type DjangoVersion } from "./settings.ts";

export const userIdKey = "_auth_user_id";
const backendKey = "_auth_user_backend";
const hashKey = "_auth_user_hash";
export const modelBackend = "django.contrib.auth.backends.ModelBackend";

/** What the session needs to know of a user. */
export interface AuthUser {
  /** The primary key as text; a UUID with dashes. */
  readonly id: string;
  /** get_session_auth_hash(), or null for a user model without it. */
  readonly hash: string | null;
  /** The hash under each of SECRET_KEY_FALLBACKS; in 3.2 the sha1 form. */
  readonly otherHashes?: readonly string[];
}

function sameText(a: PyValue, b: string): boolean {
  if (typeof a !== "string") return false;
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * django.contrib.auth.login(). An anonymous session keeps its data under a new key; the same user with the same
 * hash keeps the key; another user, or a changed password, starts from nothing and has no key until the save.
 */
export async function login(
  session: SessionStore,
  user: AuthUser,
  backend = modelBackend,
): Promise<void> {
  const hash = user.hash ?? "";
  if (await session.has(userIdKey)) {
    const same = String(await session.getItem(userIdKey)) === user.id;
    if (!same || (hash !== "" && !sameText(await session.get(hashKey, ""), hash)))
      await session.flush();
  } else await session.cycleKey();
  await session.set(userIdKey, user.id);
  await session.set(backendKey, backend);
  await session.set(hashKey, hash);
}

/** django.contrib.auth.logout(): the record goes, the response deletes the cookie. */
export const logout = (session: SessionStore): Promise<void> => session.flush();

/** Where users come from. */
export interface UserSource {
  /** AUTHENTICATION_BACKENDS. */
  readonly backends: readonly string[];
  findUser(id: string, backend: string): Promise<AuthUser | undefined>;
}

/**
 * django.contrib.auth.get_user(), which request.user calls at first use; undefined is the anonymous user. A wrong
 * hash flushes the session. An unknown backend or a deleted user leaves it as it is. From 4.2 a hash under an old
 * secret key is rewritten under a new session key; 3.2 accepts its old sha1 hash without rewriting.
 */
export async function getUser(
  session: SessionStore,
  source: UserSource,
  version: DjangoVersion,
): Promise<AuthUser | undefined> {
  const id = await session.get(userIdKey);
  const backend = await session.get(backendKey);
  if (id === null || typeof backend !== "string" || !source.backends.includes(backend))
    return undefined;
  const user = await source.findUser(String(id), backend);
  if (user === undefined || user.hash === null) return user;
  const stored = await session.get(hashKey);
  if (stored === "" || !sameText(stored, user.hash)) {
    const known = stored !== "" && user.otherHashes?.some((hash) => sameText(stored, hash));
    if (!known) {
      await session.flush();
      return undefined;
    }
    if (atLeast(version, "4.2")) {
      await session.cycleKey();
      await session.set(hashKey, user.hash);
    }
  }
  return user;
}

/** django.contrib.auth.update_session_auth_hash(), called after a password change: this session goes on. */
export async function updateSessionAuthHash(
  session: SessionStore,
  user: AuthUser,
  isCurrentUser = true,
): Promise<void> {
  await session.cycleKey();
  if (user.hash !== null && isCurrentUser) await session.set(hashKey, user.hash);
}
