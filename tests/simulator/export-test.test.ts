/** Scenarios as tests for the user's own project: they run green in real Django, and red where Django differs. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { exportTest } from "../../src/main/simulator/export-test.ts";
import { readForPage, scenarioOf } from "../../src/main/simulator/wire.ts";
import { scenarioFiles } from "../../src/main/workspace/scenarios.ts";
import type { SimScenario } from "../../src/shared/scenario.ts";
import { djangoPython } from "../django/python.ts";
import { golden } from "./golden.ts";
import { reference, referencePolicies } from "./reference.ts";

const folder = mkdtempSync(join(tmpdir(), "sessionscope-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project of nobody's making: its settings differ from the scenario's wherever that may show. */
const project = `
import sys
from django.conf import settings
settings.configure(
    SECRET_KEY="the-project-s-own",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    SESSION_COOKIE_AGE=77, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_NAME="own", USE_TZ=True, TIME_ZONE="Asia/Kolkata",
)
import django
django.setup()
from django.test.runner import DiscoverRunner
sys.exit(bool(DiscoverRunner(verbosity=0).run_tests(sys.argv[1:])))
`;

function django(files: { fileName: string; text: string }[]): {
  status: number | null;
  told: string;
} {
  const place = mkdtempSync(join(folder, "p"));
  for (const { fileName, text } of files) writeFileSync(join(place, fileName), text);
  const names = files.map(({ fileName }) => fileName.replace(/\.py$/, ""));
  const run = spawnSync(djangoPython().python, ["-W", "ignore", "-c", project, ...names], {
    cwd: place,
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: place, PYTHONDONTWRITEBYTECODE: "1" },
  });
  return { status: run.status, told: run.stdout + run.stderr };
}

const old = (scenario: SimScenario): SimScenario => ({ ...scenario, django: "3.2" });

const exported = async (scenario: SimScenario, fileName: string) => ({
  fileName,
  text: (await exportTest(scenarioOf(scenario))).text,
});

test("the reference script and every preset run green in real Django 3.2", async () => {
  const scenarios = [
    ...referencePolicies.map(({ settings }) => ({ ...reference, settings })),
    ...scenarioFiles().flatMap(({ text }) => readForPage(text)),
  ];
  const files = await Promise.all(
    scenarios.map((scenario, index) => exported(old(scenario), `test_scenario_${index}.py`)),
  );
  const { status, told } = django(files);
  expect(told).toContain(`Ran ${files.length} tests`);
  expect(status, told).toBe(0);
});

test("recorded scenarios of Django 3.2 run green, times without a zone among them", async () => {
  const given = golden
    .flatMap(({ scenario }) => readForPage(scenario))
    .filter(
      ({ django: version, settings }) =>
        version?.startsWith("3.2") && !JSON.stringify(settings).includes("signed_cookies"),
    );
  const files: { fileName: string; text: string }[] = [];
  const refused: string[] = [];
  for (const [index, scenario] of given.entries())
    try {
      files.push(await exported(scenario, `test_recorded_${index}.py`));
    } catch (error) {
      refused.push(String(error));
    }
  expect(files.length).toBeGreaterThan(25);
  const { status, told } = django(files);
  expect(status, told.slice(0, 6000)).toBe(0);
});

test("a test that expects something else runs red", async () => {
  const { text } = await exportTest(scenarioOf(old(reference)));
  const wrong = text.replace("Max-Age=1209600", "Max-Age=1209601");
  expect(wrong).not.toBe(text);
  const { status, told } = django([{ fileName: "test_wrong.py", text: wrong }]);
  expect(status).toBe(1);
  expect(told).toContain("Max-Age=1209601");
});

test("the file's name comes from the title, and no secret is in it", async () => {
  const settings = { SECRET_KEY: "do-not-tell" };
  const { fileName, text } = await exportTest(scenarioOf({ ...reference, settings }));
  expect(fileName).toBe("test_checkout_with_a_pause.py");
  expect(text).not.toContain("do-not-tell");
});

test("a title cannot leave its comment", async () => {
  const title = 'x"""\nimport os\nos.system("false")\n"""';
  const { text } = await exportTest(scenarioOf(old({ ...reference, title })));
  expect(django([{ fileName: "test_title.py", text }]).status).toBe(0);
  expect(text).not.toMatch(/^import os$\nos\.system/m);
});

test("a session that is there at the start is there in the test", async () => {
  const engines = ["db", "cached_db", "cache", "file", "signed_cookies"];
  const files = await Promise.all(
    engines.map((engine) =>
      exported(
        {
          django: "3.2",
          settings: { SESSION_ENGINE: `django.contrib.sessions.backends.${engine}` },
          initial: {
            key: "k".repeat(32),
            data: '{"n": 41}',
            saved: "2025-12-31T23:00:00Z",
            ...(["db", "cached_db", "cache"].includes(engine)
              ? { expires: "2026-01-01T00:05:00Z" }
              : {}),
          },
          steps: [60, 400].map((at) => ({
            at,
            request: { actions: [{ op: "get" as const, key: '"n"' }] },
          })),
        },
        `test_${engine}.py`,
      ),
    ),
  );
  expect(files[0]?.text).toContain("self.assertEqual(self.results, [41])");
  const { status, told } = django(files);
  expect(status, told.slice(0, 5000)).toBe(0);
});

test("what a test cannot hold is refused", async () => {
  const value = '{"$type": "tuple", "value": [1]}';
  const steps = [{ at: 0, request: { actions: [{ op: "set" as const, key: '"n"', value }] } }];
  await expect(exportTest(scenarioOf({ steps }))).rejects.toMatchObject({
    problem: { code: "unsupported" },
  });
});
