/** The site's session settings with Django's defaults filled in. */
import type { FilledSettings, SessionSettings } from "../../shared/connection.ts";
import { resolveSettings } from "../engine/settings.ts";

/**
 * bad_setting for a value Django would not take. TIME_ZONE falls back to UTC, as in a new project's
 * settings.py, and not to America/Chicago as in global_settings.py.
 */
export function filledSettings(given: SessionSettings): FilledSettings {
  const all = resolveSettings({ TIME_ZONE: "UTC", ...given });
  return {
    SESSION_COOKIE_NAME: all.SESSION_COOKIE_NAME,
    SESSION_COOKIE_AGE: all.SESSION_COOKIE_AGE,
    SESSION_COOKIE_DOMAIN: all.SESSION_COOKIE_DOMAIN,
    SESSION_COOKIE_PATH: all.SESSION_COOKIE_PATH,
    SESSION_COOKIE_SECURE: all.SESSION_COOKIE_SECURE,
    SESSION_COOKIE_HTTPONLY: all.SESSION_COOKIE_HTTPONLY,
    SESSION_COOKIE_SAMESITE:
      given.SESSION_COOKIE_SAMESITE === undefined ? "Lax" : given.SESSION_COOKIE_SAMESITE,
    SESSION_EXPIRE_AT_BROWSER_CLOSE: all.SESSION_EXPIRE_AT_BROWSER_CLOSE,
    SESSION_SAVE_EVERY_REQUEST: all.SESSION_SAVE_EVERY_REQUEST,
    USE_TZ: all.USE_TZ,
    TIME_ZONE: all.TIME_ZONE,
  };
}
