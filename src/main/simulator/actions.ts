/** What a scenario's view does with its session, one function an action. */
import type { ActionName } from "../../shared/scenario.ts";
import { login, logout, userIdKey } from "../engine/auth.ts";
import { PythonError } from "../engine/errors.ts";
import { formatIso, parseIso } from "../engine/iso.ts";
import type { SessionStore } from "../engine/session.ts";
import { instant, isoMicros, microsOfSeconds } from "../engine/time.ts";
import { typeName } from "../python/type-name.ts";
import {
  isDict,
  PyDatetime,
  type PyDict,
  PyFloat,
  PyTimedelta,
  type PyValue,
  pyInt,
} from "../python/value.ts";
import { numberOf } from "./members.ts";
import type { Action } from "./scenario.ts";

/** What an action may reach besides its session. */
export interface ActionContext {
  readonly session: SessionStore;
  readonly timeZone: string;
  /** Another process deletes the record of this key. */
  deleteRecord(sessionKey: string): Promise<void>;
}

type Run = (context: ActionContext, given: PyDict) => Promise<PyValue | undefined>;

const part = (given: PyDict, name: string): PyValue => given.get(name) ?? null;

const actions: Record<ActionName, Run> = {
  set: async ({ session }, a) => void (await session.set(part(a, "key"), part(a, "value"))),
  setIn: async ({ session }, a) =>
    assignItem(await session.getItem(part(a, "key")), part(a, "field"), part(a, "value")),
  markModified: async ({ session }) => {
    session.modified = true;
    return null;
  },
  increment: async ({ session }, a) => {
    const value = plusOne(await session.get(part(a, "key"), 0));
    await session.set(part(a, "key"), value);
    return value;
  },
  get: ({ session }, a) => session.get(part(a, "key"), part(a, "default")),
  getItem: ({ session }, a) => session.getItem(part(a, "key")),
  has: ({ session }, a) => session.has(part(a, "key")),
  delete: async ({ session }, a) => void (await session.deleteItem(part(a, "key"))),
  pop: ({ session }, a) => session.pop(part(a, "key"), a.get("default")),
  setdefault: ({ session }, a) => session.setdefault(part(a, "key"), part(a, "value")),
  update: async ({ session }, a) => {
    const value = part(a, "value");
    if (isDict(value)) await session.update(value);
    return null;
  },
  clear: async ({ session }) => void session.clear(),
  flush: async ({ session }) => void (await session.flush()),
  cycleKey: async ({ session }) => void (await session.cycleKey()),
  keys: ({ session }) => session.keys(),
  isEmpty: async ({ session }) => session.isEmpty(),
  save: async ({ session }) => void (await session.save()),
  setExpiry: async ({ session }, a) => void (await session.setExpiry(expiryOf(a))),
  getExpiryAge: ({ session }) => session.getExpiryAge(),
  getExpiryDate: async ({ session, timeZone }) =>
    isoMicros(instant(await session.getExpiryDate(), timeZone)),
  getExpireAtBrowserClose: ({ session }) => session.getExpireAtBrowserClose(),
  setTestCookie: async ({ session }) => void (await session.setTestCookie()),
  testCookieWorked: ({ session }) => session.testCookieWorked(),
  deleteTestCookie: async ({ session }) => void (await session.deleteTestCookie()),
  login: async ({ session }, a) =>
    void (await login(session, { id: String(part(a, "user")), hash: textOrNull(part(a, "hash")) })),
  logout: async ({ session }) => void (await logout(session)),
  deleteRow: async ({ session, deleteRecord }) => {
    if (session.sessionKey !== null) await deleteRecord(session.sessionKey);
    return null;
  },
  loginRequired: async ({ session }) => {
    if (await session.has(userIdKey)) return true;
    throw new LoginRequired();
  },
};

/** Ends the view with a redirect to the login page. */
export class LoginRequired extends Error {}

/** The action's return value; Python's exceptions pass through. Nothing is shared with scenario or session. */
export async function runAction(context: ActionContext, { op, given }: Action): Promise<PyValue> {
  const own = snapshot(given);
  return snapshot((await actions[op](context, isDict(own) ? own : given)) ?? null);
}

/** A copy that later changes of lists and dicts do not reach. */
function snapshot(value: PyValue): PyValue {
  if (Array.isArray(value)) return value.map(snapshot);
  if (isDict(value)) return new Map([...value].map(([key, item]) => [key, snapshot(item)]));
  return value;
}

/** `container[field] = value` */
function assignItem(container: PyValue, field: PyValue, value: PyValue): null {
  if (isDict(container)) container.set(field, value);
  else if (Array.isArray(container) && typeof field === "number" && field in container)
    container[field] = value;
  else
    throw new PythonError(
      "TypeError",
      `'${typeName(container)}' object does not support item assignment`,
    );
  return null;
}

/** `value + 1` */
function plusOne(value: PyValue): PyValue {
  if (typeof value === "number" || typeof value === "bigint") return pyInt(BigInt(value) + 1n);
  if (typeof value === "boolean") return value ? 2 : 1;
  if (value instanceof PyFloat) return new PyFloat(value.value + 1);
  throw new PythonError(
    "TypeError",
    `unsupported operand type(s) for +: '${typeName(value)}' and 'int'`,
  );
}

const textOrNull = (value: PyValue): string | null => (value === null ? null : String(value));

/** The argument of set_expiry. */
function expiryOf(given: PyDict): PyValue {
  const datetime = given.get("datetime");
  if (typeof datetime === "string") return new PyDatetime(formatIso(parseIso(datetime)));
  const delta = numberOf(given.get("timedelta") ?? null);
  if (delta === undefined) return given.get("seconds") ?? null;
  const micros = microsOfSeconds(delta);
  const day = 86_400_000_000n;
  const days = micros / day - (micros % day < 0n ? 1n : 0n);
  const rest = Number(micros - days * day);
  return new PyTimedelta(Number(days), Math.floor(rest / 1e6), rest % 1e6);
}
