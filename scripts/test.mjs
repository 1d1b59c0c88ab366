/**
 * npm test: lint and format, types, build, unit and integration tests, end-to-end tests, in this order, all of them even
 * when one fails. The last line is the true totals over all suites.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromiumPath, prepare } from "./prerequisites.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = `${root}/test-results`;
const totals = { passed: 0, failed: 0, skipped: 0 };

function run(title, command, args, env = {}) {
  console.log(`\n== ${title}`);
  const ran = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
    shell: process.platform === "win32",
  });
  return ran.status === 0;
}

/** A step that is one check: it counts as one test. */
function check(title, command, ...args) {
  const ok = run(title, command, args);
  totals[ok ? "passed" : "failed"] += 1;
  return ok;
}

/** A suite with a report; one that exits badly without a failed test in it (a crash, no report) counts as one failure. */
function suite(title, command, args, env, read) {
  const ok = run(title, command, args, env);
  let counted = { passed: 0, failed: 0, skipped: 0 };
  try {
    counted = read();
  } catch (error) {
    console.error(`No report of ${title}: ${error.message}`);
  }
  if (!ok && counted.failed === 0) counted.failed = 1;
  if (ok && counted.passed + counted.skipped === 0) counted.failed = 1;
  for (const name of Object.keys(totals)) totals[name] += counted[name];
}

const report = (name) => JSON.parse(readFileSync(`${results}/${name}.json`, "utf8"));

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

for (const missing of prepare()) {
  console.log(missing);
  if (process.env.CI) totals.failed += 1;
}

check("Lint and format", "biome", "check", ".");
check("Types", "tsc", "-b");
const built = check("Build", "electron-vite", "build", "--logLevel", "warn");

suite(
  "Unit and integration",
  "vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}/unit.json`],
  {},
  () => {
    const unit = report("unit");
    // A file that fails to load has no failed test of its own.
    const broken = unit.testResults.filter(
      (file) =>
        file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
    ).length;
    return {
      passed: unit.numPassedTests,
      failed: unit.numFailedTests + broken,
      skipped: unit.numPendingTests + unit.numTodoTests,
    };
  },
);

if (built && chromiumPath()) {
  suite("End to end", "playwright", ["test"], { CHROMIUM_PATH: chromiumPath() }, () => {
    const { stats } = report("e2e");
    return {
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky,
      skipped: stats.skipped,
    };
  });
} else {
  console.log("End-to-end tests skipped: no Chromium, or no build.");
  totals.skipped += 1;
}

console.log(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`,
);
process.exit(totals.failed === 0 ? 0 : 1);
