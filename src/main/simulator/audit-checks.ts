/**
 * Django's own deploy checks on sessions, for a site with the app and the middleware both installed
 * (django/core/checks/security/sessions.py): W012 stands for W010 and W011, W015 for W013 and W014.
 */
import type { Verdict } from "../../shared/run.ts";
import type { Settings } from "../engine/settings.ts";

export function deployChecks(
  settings: Pick<Settings, "SESSION_COOKIE_SECURE" | "SESSION_COOKIE_HTTPONLY">,
): Verdict["checks"] {
  const checks: Verdict["checks"] = [];
  if (!settings.SESSION_COOKIE_SECURE)
    checks.push({
      id: "security.W012",
      setting: "SESSION_COOKIE_SECURE",
      text: "SESSION_COOKIE_SECURE is not True: the cookie also travels over plain HTTP, where it can be read.",
    });
  if (!settings.SESSION_COOKIE_HTTPONLY)
    checks.push({
      id: "security.W015",
      setting: "SESSION_COOKIE_HTTPONLY",
      text: "SESSION_COOKIE_HTTPONLY is not True: scripts on the page can read the cookie.",
    });
  return checks;
}
