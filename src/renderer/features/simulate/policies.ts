/** Policies to compare with: whole sets of settings, by name. */
import type { Policy } from "../../../shared/scenario.ts";
import { change, type Draft } from "./document.ts";

const sliding = { SESSION_COOKIE_AGE: 1800, SESSION_SAVE_EVERY_REQUEST: true };

export const knownPolicies: Policy[] = [
  { name: "Django defaults", settings: {} },
  { name: "Fixed 30 minutes", settings: { SESSION_COOKIE_AGE: 1800 } },
  { name: "Sliding 30 minutes", settings: sliding },
  { name: "Close with browser", settings: { SESSION_EXPIRE_AT_BROWSER_CLOSE: true } },
  {
    name: "In the cache",
    settings: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
  },
  {
    name: "Signed cookies",
    settings: { SESSION_ENGINE: "django.contrib.sessions.backends.signed_cookies" },
  },
];

export const maxPolicies = 4;
export const slots = ["A", "B", "C", "D"] as const;

/** A name that no other policy of the comparison has. */
function free(name: string, draft: Draft): string {
  const taken = [draft.policyName, ...draft.policies.map((policy) => policy.name)];
  if (!taken.includes(name)) return name;
  const next = Array.from({ length: 9 }, (_, n) => `${name} ${n + 2}`);
  return next.find((one) => !taken.includes(one)) ?? name;
}

export const addPolicy = (policy: Policy): void =>
  change((draft) => ({
    ...draft,
    policies: [...draft.policies, { ...policy, name: free(policy.name, draft) }].slice(
      0,
      maxPolicies - 1,
    ),
  }));

export const copyPolicy = (): void =>
  change((draft) => ({
    ...draft,
    policies: [
      ...draft.policies,
      {
        name: free(`${draft.policyName}, copy`, draft),
        settings: draft.scenario.settings ?? {},
      },
    ].slice(0, maxPolicies - 1),
  }));

export const removePolicy = (index: number): void =>
  change((draft) => ({ ...draft, policies: draft.policies.toSpliced(index, 1) }));

/** The policy becomes the one shown above and edited; the former takes its place. */
export const showPolicy = (index: number): void =>
  change((draft) => {
    const policy = draft.policies[index];
    if (!policy) return draft;
    const former = { name: draft.policyName, settings: draft.scenario.settings ?? {} };
    return {
      policyName: policy.name,
      policies: draft.policies.with(index, former),
      scenario: { ...draft.scenario, settings: policy.settings },
    };
  });

export const namePolicy = (name: string): void =>
  change((draft) => ({ ...draft, policyName: name.slice(0, 80) }), "policy name");
