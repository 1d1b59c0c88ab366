/** The view of the recorded middleware runs, and what the other middlewares do around it. */
import {
  type AuthUser,
  getUser,
  login,
  logout,
  modelBackend,
  updateSessionAuthHash,
} from "../../src/main/engine/auth.ts";
import { openSession } from "../../src/main/engine/backends/engines.ts";
import {
  csrfKey,
  csrfSecret,
  loadMessages,
  type Message,
  maskCsrfSecret,
  storeCsrfToken,
  storeMessages,
} from "../../src/main/engine/csrf-messages.ts";
import { PythonError } from "../../src/main/engine/errors.ts";
import { formatIso } from "../../src/main/engine/iso.ts";
import type { SessionRequest } from "../../src/main/engine/middleware.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import { isDict, PyDatetime, type PyValue } from "../../src/main/python/value.ts";
import { items, type Site } from "./middleware-site.ts";

/** What the recording drew for the secret, from a source apart from the one for keys. */
const newCsrfSecret = "55aad46c02b413807375c1c7b18c8d36";

/** What one request's view may do, and what the other middlewares do around it. */
export class View {
  user: AuthUser | null | undefined;
  csrf: string | undefined;
  messages: { used: boolean; queued: Message[] } = { used: false, queued: [] };
  vary: string | null = null;
  status = 200;

  readonly site: Site;
  readonly request: SessionRequest;

  constructor(site: Site, request: SessionRequest) {
    this.site = site;
    this.request = request;
  }

  get session(): SessionStore {
    if (this.request.session === undefined) throw new PythonError("AttributeError", "session");
    return this.request.session;
  }

  other(): SessionStore {
    return openSession(this.site.environment, this.site.storages, this.session.sessionKey);
  }

  async run([name, ...args]: PyValue[]): Promise<PyValue> {
    const { session, site } = this;
    const [a = null, b = null, c = null] = args;
    const text = String(a);
    switch (name) {
      case "get":
        return session.get(a, b);
      case "set":
        await session.set(a, b);
        return null;
      case "getitem":
        return session.getItem(a);
      case "del":
        await session.deleteItem(a);
        return null;
      case "pop":
        return args.length > 1 ? session.pop(a, b) : session.pop(a);
      case "setdefault":
        return session.setdefault(a, b);
      case "update":
        await session.update(isDict(a) ? a : new Map());
        return null;
      case "contains":
      case "has_key":
        return session.has(a);
      case "keys":
        return session.keys();
      case "values":
        return session.values();
      case "items":
        return session.items();
      case "clear":
        session.clear();
        return null;
      case "flush":
        await session.flush();
        return null;
      case "cycle_key":
        await session.cycleKey();
        return null;
      case "create":
        await session.create();
        return null;
      case "save":
        await session.save();
        return null;
      case "delete":
        await session.delete();
        return null;
      case "set_modified":
        session.modified = a === true;
        return null;
      case "session_key":
        return session.sessionKey;
      case "is_empty":
        return session.isEmpty();
      case "flags":
        return new Map([
          ["accessed", session.accessed],
          ["modified", session.modified],
        ]);
      case "nested_set": {
        const nested = await session.getItem(a);
        if (isDict(nested)) nested.set(b, c);
        return null;
      }
      case "append":
        items(await session.getItem(a)).push(b);
        return null;
      case "set_expiry":
        await session.setExpiry(a);
        return null;
      case "get_expiry_age":
        return session.getExpiryAge();
      case "get_expiry_date":
        return new PyDatetime(formatIso(await session.getExpiryDate()));
      case "get_expire_at_browser_close":
        return session.getExpireAtBrowserClose();
      case "set_test_cookie":
        await session.setTestCookie();
        return null;
      case "test_cookie_worked":
        return session.testCookieWorked();
      case "delete_test_cookie":
        await session.deleteTestCookie();
        return null;
      case "status":
        this.status = Number(a);
        return null;
      case "vary":
        this.vary = text;
        return null;
      case "raise":
        throw new PythonError("ZeroDivisionError", "boom");
      case "del_session_attr":
        this.request.session = undefined;
        return null;
      case "clear_expired":
        await session.clearExpired();
        return null;
      case "cache_clear":
        site.cache.clear();
        return null;
      case "ext_delete":
        await this.other().delete();
        return null;
      case "ext_flush":
        await this.other().flush();
        return null;
      case "ext_set": {
        const other = this.other();
        await other.set(a, b);
        await other.save();
        return null;
      }
      case "ext_corrupt": {
        const key = session.sessionKey ?? "";
        if (site.vector.engine === "file")
          await site.files.replace(site.settings.SESSION_COOKIE_NAME + key, Buffer.from("garbage"));
        for (const row of site.rows.rows())
          if (row.sessionKey === key) await site.rows.update({ ...row, sessionData: "garbage" });
        return null;
      }
      case "db_update_row":
        await site.rows.update({
          sessionKey: session.sessionKey ?? "",
          sessionData: session.encode(new Map([[a, b]])),
          expireDate: site.now + 1209600_000000n,
        });
        return null;
      case "login": {
        const user = site.user(text);
        if (user === undefined) throw new Error(`no user ${text}`);
        await login(session, user);
        this.user = user;
        return null;
      }
      case "logout":
        await logout(session);
        this.user = null;
        return null;
      case "user":
        return Number((await this.currentUser())?.id ?? 0) || null;
      case "set_password_field":
        site.users.set(text, String(b));
        return null;
      case "update_session_auth_hash": {
        const user = site.user(text);
        if (user === undefined) throw new Error(`no user ${text}`);
        await updateSessionAuthHash(session, user, (await this.currentUser())?.id === user.id);
        return null;
      }
      case "csrf_token":
        this.csrf ??= csrfSecret(await session.get(csrfKey)) ?? newCsrfSecret;
        // Up to 4.0 the token is masked in the session too; which mask does not matter here.
        if (site.version === "3.2") this.csrf = maskCsrfSecret(this.csrf, newCsrfSecret);
        return null;
      case "message":
        this.messages.queued.push({
          level: Number(a),
          text: String(b),
          extraTags: "",
          safe: false,
        });
        return null;
      case "read_messages":
        this.messages.used = true;
        return (await loadMessages(session)).map(({ level, text }) => [level, text]);
      default:
        throw new Error(`unknown operation ${name}`);
    }
  }

  async currentUser(): Promise<AuthUser | null> {
    this.user ??=
      (await getUser(
        this.session,
        { backends: [modelBackend], findUser: async (id) => this.site.user(id) },
        this.site.environment.version,
      )) ?? null;
    return this.user;
  }

  /** What CsrfViewMiddleware and MessageMiddleware do to a response before SessionMiddleware sees it. */
  async finish(): Promise<void> {
    if (this.csrf !== undefined) await storeCsrfToken(this.session, this.csrf);
    const { used, queued } = this.messages;
    if (used) await storeMessages(this.session, queued, this.site.version);
    else if (queued.length > 0)
      await storeMessages(
        this.session,
        [...(await loadMessages(this.session)), ...queued],
        this.site.version,
      );
  }
}
