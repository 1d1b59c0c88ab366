/** Findings: each is found where it belongs, and its scenario shows it happening. */
import { describe, expect, test } from "vitest";
import { auditScenario, auditSettings } from "../../src/main/simulator/audit.ts";
import { tellRun } from "../../src/main/simulator/story.ts";
import { scenarioOf } from "../../src/main/simulator/wire.ts";
import type { Finding } from "../../src/shared/audit.ts";
import type { SimRun } from "../../src/shared/run.ts";

const backend = "django.contrib.sessions.backends.";
const secure = { SESSION_COOKIE_SECURE: true };

async function found(
  id: string,
  settings: Record<string, unknown>,
  django = "5.2",
): Promise<{ finding: Finding; run: SimRun }> {
  const findings = await auditSettings(settings, django);
  const finding = findings.find((one) => one.id === id);
  if (finding === undefined)
    throw new Error(`${id} is not among ${findings.map((one) => one.id).join(", ")}`);
  return { finding, run: await tellRun(scenarioOf(finding.scenario)) };
}

const last = ({ steps }: SimRun) => steps.at(-1);

describe("settings", () => {
  test("that are good have no finding", async () => {
    expect(await auditSettings(secure, "5.2")).toEqual([]);
  });

  test("Django's defaults fail W012: the cookie travels over http", async () => {
    const { finding, run } = await found("security.W012", {});
    expect(finding).toMatchObject({ level: "warning", setting: "SESSION_COOKIE_SECURE" });
    expect(last(run)?.cookieSent).not.toBeNull();
  });

  test("W015: a copied cookie signs in", async () => {
    const { run } = await found("security.W015", { SESSION_COOKIE_HTTPONLY: false });
    expect(last(run)?.results).toEqual(["true"]);
    expect(run.steps[0]?.setCookie[0]).not.toContain("HttpOnly");
  });

  test.each([
    [{ SESSION_COOKIE_SAMESITE: "None" }, "error"],
    [{ SESSION_COOKIE_SAMESITE: "None", ...secure }, "warning"],
    [{ SESSION_COOKIE_SAMESITE: false }, "warning"],
  ])("samesite %o is a %s", async (settings, level) => {
    expect((await found("samesite", settings)).finding.level).toBe(level);
  });

  test("a pickle keeps what JSON does not", async () => {
    const settings = {
      SESSION_SERIALIZER: "django.contrib.sessions.serializers.PickleSerializer",
    };
    const { run } = await found("pickle", settings, "4.2");
    expect(last(run)?.results[0]).toBe('{"$type":"dict","value":[[1,2.0]]}');
    expect((await auditSettings(settings, "5.2"))[0]).toMatchObject({
      id: "pickle",
      level: "error",
      title: "PickleSerializer is gone since Django 5.0",
    });
  });

  test("signed cookies: a copy signs in after the logout, and size has an end", async () => {
    const settings = { SESSION_ENGINE: `${backend}signed_cookies` };
    const { run } = await found("revocation", settings);
    expect(run.steps.map(({ results }) => results[0])).toEqual(["null", "null", "true"]);
    const { run: big } = await found("cookie-size", settings);
    expect(big.steps[0]?.setCookie[0]?.length).toBeGreaterThan(4096);
  });

  test("a cache that is full signs the visitor out; one in a process is an error", async () => {
    const { finding, run } = await found("volatile-cache", { SESSION_ENGINE: `${backend}cache` });
    expect(finding.level).toBe("warning");
    expect(last(run)?.results).toEqual(["false"]);
    const CACHES = { default: { BACKEND: "django.core.cache.backends.locmem.LocMemCache" } };
    const local = await found("volatile-cache", { SESSION_ENGINE: `${backend}cache`, CACHES });
    expect(local.finding.level).toBe("error");
  });

  test("a file with a number from set_expiry() is served a year later", async () => {
    const { run } = await found("file-integer-expiry", { SESSION_ENGINE: `${backend}file` });
    expect(last(run)?.results).toEqual(["true"]);
  });

  test("a deleted row leaves the copy in the cache", async () => {
    const { run } = await found("cached-row-delete", { SESSION_ENGINE: `${backend}cached_db` });
    expect(last(run)?.results).toEqual(["true"]);
  });

  test("SESSION_SAVE_EVERY_REQUEST costs writes: the lab's figures", async () => {
    const { finding, run } = await found("save-every-request", {
      SESSION_SAVE_EVERY_REQUEST: true,
    });
    const ratio = Number(/([\d.]+) times/.exec(finding.title)?.[1]);
    expect(ratio).toBeGreaterThan(1.5);
    expect(run.steps.slice(1).every(({ writes }) => writes === 1)).toBe(true);
  });

  test("a closed browser leaves the session in the store", async () => {
    const { run } = await found("browser-close", { SESSION_EXPIRE_AT_BROWSER_CLOSE: true });
    expect(run.verdict.loggedOutAt).toBe(60);
    expect(last(run)?.results).toEqual(["true"]);
  });

  test.each([
    ["cookie-age", { SESSION_COOKIE_AGE: 0 }, "error"],
    ["cookie-age", { SESSION_COOKIE_AGE: 400 * 86_400 }, "info"],
    ["cookie-prefix", { SESSION_COOKIE_NAME: "__Host-sid" }, "error"],
  ])("%s of %o: %s", async (id, settings, level) => {
    expect((await found(id, settings)).finding.level).toBe(level);
  });

  test("worst first", async () => {
    const levels = (
      await auditSettings({ SESSION_COOKIE_AGE: 0, SESSION_EXPIRE_AT_BROWSER_CLOSE: true }, "5.2")
    ).map(({ level }) => level);
    expect(levels).toEqual([...levels].sort((a, b) => rank(a) - rank(b)));
    expect(levels[0]).toBe("error");
  });

  test("that Django would refuse are a problem", async () => {
    await expect(auditSettings({ SESSION_COOKIE_AGE: "1" }, "5.2")).rejects.toMatchObject({
      problem: { code: "bad_setting" },
    });
  });
});

const rank = (level: Finding["level"]): number => ["error", "warning", "info"].indexOf(level);

describe("a scenario", () => {
  const ids = async (settings: Record<string, unknown>, ...actions: object[]) =>
    (
      await auditScenario({ settings, steps: [{ at: 0, request: { actions: actions as never } }] })
    ).map(({ id }) => id);

  test("set_expiry(0) is not the end of the session", async () => {
    const findings = await auditScenario({
      settings: secure,
      steps: [{ at: 0, request: { actions: [{ op: "setExpiry", seconds: "0" }] } }],
    });
    expect(findings.map(({ id }) => id)).toEqual(["set-expiry-zero"]);
    const [finding] = findings;
    if (finding === undefined) throw new Error("no finding");
    const { steps, verdict } = await tellRun(scenarioOf(finding.scenario));
    expect(steps[1]?.signedIn).toBe(true);
    expect(verdict.loggedOutAt).toBe(120);
  });

  test("set_expiry() under signed cookies, and a nested change", async () => {
    const signed = { ...secure, SESSION_ENGINE: `${backend}signed_cookies` };
    expect(await ids(signed, { op: "setExpiry", seconds: "60" })).toContain("set-expiry-signed");
    expect(await ids(secure, { op: "setIn", key: '"a"', field: '"b"', value: "1" })).toEqual([
      "nested-change",
    ]);
  });
});
