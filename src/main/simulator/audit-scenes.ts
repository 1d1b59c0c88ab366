/** Small scenarios that show what an audit's finding is about, under the settings it was found in. */
import type { SimAction, SimScenario, SimStep } from "../../shared/scenario.ts";
import { tellRun } from "./story.ts";
import { scenarioOf } from "./wire.ts";

export type GivenSettings = Record<string, unknown>;

export interface Site {
  readonly settings: GivenSettings;
  readonly django: string;
}

export const login: SimAction = { op: "login", user: "1042", hash: '"h"' };
export const required: SimAction = { op: "loginRequired" };

/** A request to a path; `more` goes over the rest. */
export const request = (
  at: number,
  path: string,
  actions: SimAction[],
  more: SimStep["request"] = {},
): SimStep => ({ at, request: { path, actions, ...more } });

export const signIn = (at: number, more: SimAction[] = []): SimStep =>
  request(at, "/accounts/login/", [login, ...more], { method: "POST", status: 302 });

export const logOut = (at: number): SimStep =>
  request(at, "/accounts/logout/", [{ op: "logout" }], { method: "POST", status: 302 });

export const scene = (
  { settings, django }: Site,
  title: string,
  steps: SimStep[],
  start = "2026-01-01T09:00:00Z",
): SimScenario => ({ title, django, start, settings, steps });

/** A scene in which somebody sends a copy of the cookie that the first answer set. */
export async function withCopy(
  site: Site,
  title: string,
  before: SimStep[],
  after: (cookie: { value: string }) => SimStep[],
): Promise<SimScenario> {
  const { steps } = await tellRun(scenarioOf(scene(site, title, before)));
  const name = /^[^=]+=([^;]*)/.exec(steps[0]?.setCookie[0] ?? "")?.[1] ?? "";
  return scene(site, title, [...before, ...after({ value: name })]);
}
