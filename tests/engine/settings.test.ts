import { expect, test } from "vitest";
import {
  type GivenSettings,
  resolveSettings,
  settingSince,
} from "../../src/main/engine/settings.ts";
import { ProblemError } from "../../src/main/problem.ts";
import { golden } from "./golden.ts";

test.each([
  ["5.2", "5.2"],
  ["3.2", "3.2"],
] as const)("the defaults are those of Django %s", (file, version) => {
  const defaults = golden<{ settings_defaults: Record<string, unknown> }>(file).settings_defaults;
  const { CACHES, ...settings } = resolveSettings({}, version);
  for (const [name, value] of Object.entries(settings))
    if (name in defaults) expect(value, name).toEqual(defaults[name]);
  expect(CACHES["default"]).toMatchObject((defaults["CACHES"] as { default: object }).default);
  expect(CACHES["default"]).toMatchObject({ KEY_PREFIX: "", VERSION: 1, TIMEOUT: 300 });
  for (const name of Object.keys(defaults).filter((name) => name.startsWith("SESSION_")))
    expect(Object.keys(settings)).toContain(name);
});

test("what is given wins", () => {
  const given = {
    SESSION_COOKIE_AGE: 60,
    SESSION_COOKIE_SAMESITE: false,
    TIME_ZONE: "UTC",
  } as const;
  expect(resolveSettings(given)).toMatchObject(given);
  const bytes = Uint8Array.of(255, 0);
  expect(resolveSettings({ SECRET_KEY: bytes }).SECRET_KEY).toBe(bytes);
});

test.each([
  ["SESSION_COOKIE_AGE", { SESSION_COOKIE_AGE: "60" }, "5.2"],
  ["SESSION_COOKIE_AGE", { SESSION_COOKIE_AGE: Number.NaN }, "5.2"],
  ["SESSION_COOKIE_NAME", { SESSION_COOKIE_NAME: "" }, "5.2"],
  ["SESSION_SAVE_EVERY_REQUEST", { SESSION_SAVE_EVERY_REQUEST: 1 }, "5.2"],
  ["SESSION_COOKIE_SAMESITE", { SESSION_COOKIE_SAMESITE: true }, "5.2"],
  ["SECRET_KEY_FALLBACKS", { SECRET_KEY_FALLBACKS: "old" }, "5.2"],
  ["SECRET_KEY_FALLBACKS", { SECRET_KEY_FALLBACKS: ["old"] }, "3.2"],
  ["DEFAULT_HASHING_ALGORITHM", { DEFAULT_HASHING_ALGORITHM: "sha1" }, "4.2"],
  ["DEFAULT_HASHING_ALGORITHM", { DEFAULT_HASHING_ALGORITHM: "md5" }, "3.2"],
  ["TIME_ZONE", { TIME_ZONE: "Mars/Olympus" }, "5.2"],
  ["CACHES", { CACHES: { other: { BACKEND: "x" } } }, "5.2"],
  ["CACHES", { CACHES: { default: { BACKEND: "x", VERSION: "one" } } }, "5.2"],
  ["SESSION_COOKIE_AGES", { SESSION_COOKIE_AGES: 60 }, "5.2"],
  ["__proto__", JSON.parse('{"__proto__": 1}'), "5.2"],
] as const)("%s is named where it is wrong: %j in %s", (setting, given, version) => {
  const error = (() => {
    try {
      return resolveSettings(given as unknown as GivenSettings, version);
    } catch (thrown) {
      return thrown;
    }
  })();
  if (!(error instanceof ProblemError)) throw new Error("accepted");
  expect(error.problem).toMatchObject({ code: "bad_setting", detail: { setting } });
  expect(error.problem.message).toContain(setting);
});

test("each setting says since when it exists", () => {
  expect(settingSince("SESSION_COOKIE_SAMESITE")).toBe("2.1");
  expect(settingSince("CACHES")).toBe("1.3");
  expect(settingSince("toString")).toBeUndefined();
});
