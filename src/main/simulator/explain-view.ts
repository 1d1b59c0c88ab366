/** What each action of the view did to its session, and by which rule. */
import type { ExplainedLine } from "../../shared/run.ts";
import type { ActionName } from "../../shared/scenario.ts";
import { pyRepr } from "../python/repr.ts";
import { isErrorResult } from "./timeline.ts";
import type { ActionEvent } from "./trace.ts";
import { shortKey } from "./words.ts";

/** Where Django does it. */
const rules: Record<ActionName, string> = {
  set: "SessionBase.__setitem__",
  setIn: "SessionBase.__getitem__",
  markModified: "SessionBase.modified",
  increment: "SessionBase.__setitem__",
  get: "SessionBase.get",
  getItem: "SessionBase.__getitem__",
  has: "SessionBase.__contains__",
  delete: "SessionBase.__delitem__",
  pop: "SessionBase.pop",
  setdefault: "SessionBase.setdefault",
  update: "SessionBase.update",
  clear: "SessionBase.clear",
  flush: "SessionBase.flush",
  cycleKey: "SessionBase.cycle_key",
  keys: "SessionBase.keys",
  isEmpty: "SessionBase.is_empty",
  save: "SessionStore.save",
  setExpiry: "SessionBase.set_expiry",
  getExpiryAge: "SessionBase.get_expiry_age",
  getExpiryDate: "SessionBase.get_expiry_date",
  getExpireAtBrowserClose: "SessionBase.get_expire_at_browser_close",
  setTestCookie: "SessionBase.set_test_cookie",
  testCookieWorked: "SessionBase.test_cookie_worked",
  deleteTestCookie: "SessionBase.delete_test_cookie",
  login: "django.contrib.auth.login",
  logout: "django.contrib.auth.logout",
  deleteRow: "another process",
  loginRequired: "django.contrib.auth.decorators.login_required",
};

/** The action as a line of Python. */
export function pythonOf({ op, given }: ActionEvent["action"]): string {
  const arg = (name: string): string => pyRepr(given.get(name) ?? null, 60);
  const optional = given.has("default") ? `, ${arg("default")}` : "";
  const at = `session[${arg("key")}]`;
  switch (op) {
    case "set":
      return `${at} = ${arg("value")}`;
    case "setIn":
      return `${at}[${arg("field")}] = ${arg("value")}`;
    case "markModified":
      return "session.modified = True";
    case "increment":
      return `${at} = session.get(${arg("key")}, 0) + 1`;
    case "getItem":
      return at;
    case "has":
      return `${arg("key")} in session`;
    case "delete":
      return `del ${at}`;
    case "get":
    case "pop":
      return `session.${op}(${arg("key")}${optional})`;
    case "setdefault":
      return `session.setdefault(${arg("key")}, ${arg("value")})`;
    case "update":
      return `session.update(${arg("value")})`;
    case "setExpiry":
      if (given.has("datetime")) return `session.set_expiry(datetime(${arg("datetime")}))`;
      if (given.has("timedelta"))
        return `session.set_expiry(timedelta(seconds=${arg("timedelta")}))`;
      return `session.set_expiry(${arg("seconds")})`;
    case "login":
      return `login(request, user ${arg("user")})`;
    case "logout":
      return "logout(request)";
    case "loginRequired":
      return "@login_required";
    case "deleteRow":
      return "another process deletes this session";
    default:
      return `session.${op.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}()`;
  }
}

/** What it did, in words. */
export function viewLine(event: ActionEvent): ExplainedLine {
  const { action, error, modified, key, result } = event;
  const parts = [`${pythonOf(action)}.`];
  let level: ExplainedLine["level"] = "info";
  if (error !== null) {
    parts.push(`${error} is raised.`);
    level = "warning";
  } else if (result !== null && !isErrorResult(result)) parts.push(`Gives ${pyRepr(result, 80)}.`);
  if (!modified.before && modified.after) parts.push("session.modified becomes True.");
  else if (action.op === "setIn" && error === null && !modified.after) {
    parts.push(
      "The dict inside changes; session.modified stays False, so nothing says it has to be saved.",
    );
    level = "warning";
  }
  if (key.before !== key.after)
    parts.push(
      key.after === null
        ? "The session has no key any more; the next save draws a new one."
        : `The session's key is now ${shortKey(key.after)}.`,
    );
  if (action.op === "loginRequired" && result === false) {
    parts.push("Nobody is signed in: the view ends with a redirect to the login page.");
    level = "warning";
  }
  if (action.op === "setExpiry" && error === null && action.given.get("seconds") === 0)
    parts.push(
      "0 means: the cookie ends with the browser. What is stored lives for SESSION_COOKIE_AGE.",
    );
  return { by: "view", text: parts.join(" "), rule: rules[action.op], level };
}
