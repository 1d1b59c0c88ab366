/** What the host knows of each setting of a Django version: default, meaning, choices. */
import { useEffect, useState } from "react";
import type { SettingInfo } from "../../../shared/audit.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";

const known = new Map<string, SettingInfo[]>();

export function useSettings(django: string): {
  infos: readonly SettingInfo[] | null;
  problem: Problem | null;
} {
  const [read, setRead] = useState<{ django: string; infos: SettingInfo[] } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    if (known.has(django)) return;
    let current = true;
    client.simulator.settings({ django }).then(
      (infos) => {
        known.set(django, infos);
        if (current) setRead({ django, infos });
      },
      (error: unknown) => current && setProblem(problemOf(error)),
    );
    return () => {
      current = false;
    };
  }, [django]);
  return {
    infos: known.get(django) ?? (read?.django === django ? read.infos : null),
    problem,
  };
}
