/**
 * django.contrib.sessions.backends.signed_cookies: the session is the cookie, `key` being the signed dict, so it
 * changes with every save. Nothing can be revoked: a copied cookie is good until SESSION_COOKIE_AGE after it was
 * signed, whatever setExpiry said.
 *
 *     eyJhIjoxfQ:1r31eq:81ez4oDqNP8pBPM6U0ZH4x1mY_ggNx8KJWFaVAkEDJs      {"a":1} signed at 1700000000
 */
import type { PyValue } from "../../python/value.ts";
import { SessionStore } from "../session.ts";
import { SIGNED_COOKIES_SALT } from "../signing.ts";
import { signSession, unsignSession } from "./coding.ts";

export class SignedCookiesSessionStore extends SessionStore {
  /** What cannot be read is an empty session that keeps its key, so the middleware signs a new empty cookie. */
  override async load(): Promise<PyValue> {
    try {
      return unsignSession(
        this.environment,
        SIGNED_COOKIES_SALT,
        this.sessionKey ?? "",
        this.getSessionCookieAge(),
      );
    } catch {
      await this.create();
      return new Map();
    }
  }

  override async create(): Promise<void> {
    this.modified = true;
  }

  /** There is no record, so nothing can be taken or vanish: `mustCreate` says nothing here. */
  override async save(): Promise<void> {
    const data = await this.data();
    this.setSessionKey(signSession(this.environment, SIGNED_COOKIES_SALT, data));
    this.modified = true;
  }

  override async exists(): Promise<boolean> {
    return false;
  }

  override async delete(): Promise<void> {
    this.setSessionKey(null);
    this.replaceData(new Map());
    this.modified = true;
  }

  override async cycleKey(): Promise<void> {
    await this.save();
  }

  /** Cookies live in browsers. */
  override async clearExpired(): Promise<void> {}
}
