/**
 * Settings and scenarios checked as `check --deploy` and good practice do. Each finding has what follows from it, what
 * to do, and a scenario in which it can be seen happening.
 */
import type { Finding } from "../../shared/audit.ts";
import { labModelSchema } from "../../shared/lab.ts";
import type { SimScenario, SimStep } from "../../shared/scenario.ts";
import type { GivenSettings as EngineSettings } from "../engine/settings.ts";
import { type Audited, rules } from "./audit-rules.ts";
import { type GivenSettings, request, required, scene, signIn } from "./audit-scenes.ts";
import { measure } from "./lab-costs.ts";
import { Fleet } from "./lab-fleet.ts";
import { arrivals, visitor } from "./lab-visitor.ts";
import { resolveScenarioSettings } from "./scenario.ts";
import { versionOf } from "./setting-info.ts";
import { scenarioOf } from "./wire.ts";
import { clock, counted, duration } from "./words.ts";

const order: readonly Finding["level"][] = ["error", "warning", "info"];

/** Worst first. Throws bad_setting, bad_request. */
export async function auditSettings(settings: GivenSettings, django: string): Promise<Finding[]> {
  const version = versionOf(django);
  const all = resolveScenarioSettings(settings as EngineSettings, version);
  const engine = all.SESSION_ENGINE.split(".").at(-1) ?? "";
  const site: Audited = { settings, django: version, all, engine };
  const findings: Finding[] = [];
  for (const rule of [...rules, everyRequest]) {
    const finding = await rule(site);
    if (finding !== null) findings.push(finding);
  }
  return sorted(findings);
}

/** The settings of a scenario, and what its actions do. Throws as reading the scenario does. */
export async function auditScenario(scenario: SimScenario): Promise<Finding[]> {
  const { django } = scenarioOf(scenario);
  const settings = scenario.settings ?? {};
  const findings = await auditSettings(settings, django);
  return sorted([...findings, ...actionFindings(scenario, { settings, django })]);
}

const sorted = (findings: Finding[]): Finding[] =>
  findings.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));

/** Writes of a small fleet with and without the setting. */
async function everyRequest(site: Audited): Promise<Finding | null> {
  if (!site.all.SESSION_SAVE_EVERY_REQUEST || site.all.SESSION_COOKIE_AGE <= 0) return null;
  const model = labModelSchema.parse({ days: 1, visitsPerDay: 2000, clearEvery: null });
  const writes = async (settings: GivenSettings): Promise<number> => {
    const fleet = new Fleet(
      await measure({ settings, django: site.django }, model.dataBytes),
      model,
    );
    let index = 0;
    for (const arrival of arrivals(model)) fleet.follow(visitor(model, index++, arrival));
    return site.engine === "signed_cookies" ? fleet.cookies : fleet.writes;
  };
  const with_ = await writes(site.settings);
  const without = await writes({ ...site.settings, SESSION_SAVE_EVERY_REQUEST: false });
  const what = site.engine === "signed_cookies" ? "cookies sent" : "store writes";
  return {
    id: "save-every-request",
    level: "info",
    setting: "SESSION_SAVE_EVERY_REQUEST",
    title: `Every request writes: ${(with_ / without).toFixed(1)} times the ${what}`,
    consequence: `In a forecast of 2,000 visitors over a day, ${counted(with_, "write")} instead of ${without}; two requests at once overwrite each other's changes more often, and every answer varies by cookie.`,
    fix: "Leave it off and renew in the view once part of the age has gone by, or accept the writes for a sliding expiry.",
    scenario: scene(site, "Reading alone writes", [
      signIn(0),
      ...[60, 120, 180].map((at) => request(at, "/", [required])),
    ]),
  };
}

/** What the actions of the steps mean, once each. */
function actionFindings(
  scenario: SimScenario,
  { settings, django }: { settings: GivenSettings; django: string },
): Finding[] {
  const findings = new Map<string, Finding>();
  const age = scenarioOf(scenario).settings.SESSION_COOKIE_AGE;
  const engine = String(settings["SESSION_ENGINE"] ?? "db")
    .split(".")
    .at(-1);
  const site = { settings, django };
  for (const [index, step] of scenario.steps.entries())
    for (const action of step.request?.actions ?? []) {
      const where = `Step ${index + 1} at ${clock(step.at)}`;
      const cut = (): SimScenario => ({ ...scenario, steps: around(scenario.steps, index) });
      if (action.op === "setExpiry" && action["seconds"] === "0")
        findings.set("set-expiry-zero", {
          id: "set-expiry-zero",
          level: "warning",
          setting: "set_expiry(0)",
          title: "set_expiry(0) does not end the session",
          consequence: `${where} calls set_expiry(0): the cookie then ends with the browser, the session is not over and what is stored lives ${duration(age)}.`,
          fix: "flush() ends a session at once; set_expiry() with seconds or a date ends it later.",
          scenario: scene(site, "set_expiry(0), then another request", [
            signIn(0, [{ op: "setExpiry", seconds: "0" }]),
            request(60, "/account/", [required]),
            { at: 120, closeBrowser: true },
          ]),
        });
      if (action.op === "setExpiry" && engine === "signed_cookies")
        findings.set("set-expiry-signed", {
          id: "set-expiry-signed",
          level: "warning",
          setting: "set_expiry()",
          title: "Signed cookies do not keep to set_expiry()",
          consequence: `${where} calls set_expiry(): the browser keeps to it, but the server takes a copy of the cookie until it is ${duration(age)} old.`,
          fix: "A short SESSION_COOKIE_AGE, or an engine that stores sessions.",
          scenario: cut(),
        });
      if (action.op === "setIn")
        findings.set("nested-change", {
          id: "nested-change",
          level: "info",
          setting: "session.modified",
          title: "A change inside of a dict is not noticed",
          consequence: `${where} changes a dict in the session: unless something else sets session.modified, the change is lost with the request.`,
          fix: "session.modified = True after it, or assign the whole dict again.",
          scenario: scene(site, "The nested change is gone with the next request", [
            request(0, "/", [{ op: "set", key: '"cart"', value: '{"apples": 1}' }]),
            request(10, "/", [
              { op: "setIn", key: '"cart"', field: '"apples"', value: "3" },
              { op: "getItem", key: '"cart"' },
            ]),
            request(20, "/", [{ op: "getItem", key: '"cart"' }]),
          ]),
        });
    }
  return [...findings.values()];
}

/** The steps up to one, and the next. */
const around = (steps: readonly SimStep[], index: number): SimStep[] => steps.slice(0, index + 2);
