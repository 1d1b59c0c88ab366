/** simulator.*, lab.*, audit.*: Django's rules on a virtual clock. */
import type { LabEvent } from "../../../shared/lab.ts";
import type { SimScenario } from "../../../shared/scenario.ts";
import { entryOf } from "../../jobs/draft.ts";
import { describeEntry } from "../../jobs/inspect.ts";
import { auditScenario, auditSettings } from "../../simulator/audit.ts";
import { compare } from "../../simulator/compare.ts";
import { explainStep } from "../../simulator/explain.ts";
import { exportTest } from "../../simulator/export-test.ts";
import { policyOf, type SiteKind, scenarioFrom } from "../../simulator/from-session.ts";
import { readLog } from "../../simulator/import-log.ts";
import { RecentScenarios } from "../../simulator/recent.ts";
import { settingInfos, settingsText } from "../../simulator/setting-info.ts";
import { tellRun } from "../../simulator/story.ts";
import { fileText, readForPage, scenarioOf } from "../../simulator/wire.ts";
import { scenarioFiles } from "../../workspace/scenarios.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";
import { untilAborted } from "./until-aborted.ts";

/** Bytes of a session that a scenario can start from. */
const SESSION_BYTES = 1024 * 1024;

export const simulatorRoutes = ({ stores, runner }: Services) => {
  const kindOf = (connection: string): SiteKind => {
    const { recipe, store } = stores.reading(connection);
    return recipe.connection.cachedBy ? "cached_db" : store.kind;
  };
  const recent = new RecentScenarios();
  const connectionPolicy = (connection: string) => {
    const { connection: site, settings } = stores.reading(connection).recipe;
    return policyOf(site.name, settings, kindOf(connection));
  };
  return {
    simulator: {
      presets: os.simulator.presets.handler(() =>
        scenarioFiles().flatMap(({ id, text }) =>
          readForPage(text).map((scenario) => ({
            id,
            title: scenario.title ?? id,
            shows: scenario.note ?? "",
            scenario,
          })),
        ),
      ),
      settings: os.simulator.settings.handler(({ input }) => settingInfos(input.django)),
      settingsText: os.simulator.settingsText.handler(({ input }) => ({
        text: settingsText(input.settings, input.django),
      })),
      read: os.simulator.read.handler(({ input }) => ({ scenarios: readForPage(input.text) })),
      write: os.simulator.write.handler(({ input }) => ({ text: fileText(input.scenarios) })),
      run: os.simulator.run.handler(({ input }) => {
        const { scenario, checkpoints } = recent.of(input.scenario);
        return tellRun(scenario, input.timeline, checkpoints);
      }),
      explain: os.simulator.explain.handler(({ input }) => {
        const { scenario, checkpoints } = recent.of(input.scenario);
        return explainStep(scenario, input.step, checkpoints);
      }),
      compare: os.simulator.compare.handler(({ input }) => compare(input.scenario, input.policies)),
      fromSession: os.simulator.fromSession.handler(async ({ input }): Promise<SimScenario> => {
        const context = stores.reading(input.connection);
        const entry = await entryOf(context.store, input.key, SESSION_BYTES);
        const { row, text } = await describeEntry(context, entry);
        const { key, savedAt, expires, serializer } = row;
        const session = { key, text, savedAt, expires, kind: kindOf(input.connection), serializer };
        return scenarioFrom(session, context.recipe.settings, await context.store.now());
      }),
      fromConnection: os.simulator.fromConnection.handler(({ input }) =>
        connectionPolicy(input.connection),
      ),
      fromLog: os.simulator.fromLog.handler(({ input }) => readLog(input)),
      exportTest: os.simulator.exportTest.handler(({ input }) =>
        exportTest(scenarioOf(input.scenario)),
      ),
    },
    lab: {
      run: os.lab.run.handler(({ input, signal }) =>
        untilAborted(runner.run<LabEvent>("lab", null, input), signal),
      ),
    },
    audit: {
      settings: os.audit.settings.handler(({ input }) =>
        auditSettings(input.settings, input.django),
      ),
      connection: os.audit.connection.handler(({ input }) =>
        auditSettings(connectionPolicy(input.connection).settings, "5.2"),
      ),
      scenario: os.audit.scenario.handler(({ input }) => auditScenario(input.scenario)),
    },
  };
};
