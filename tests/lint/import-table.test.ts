/** The import table of docs/ARCHITECTURE.md, enforced: each planted violation is caught, each allowed import is not. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "import-table-"));
afterAll(() => rmSync(copy, { recursive: true }));

const violations: [string, string][] = [
  ["src/shared/planted.ts", "../main/problem.ts"],
  ["src/shared/planted.ts", "node:fs"],
  ["src/main/python/planted.ts", "../engine/signing.ts"],
  ["src/main/python/planted.ts", "../stores/driver.ts"],
  ["src/main/django/planted.ts", "../engine/signing.ts"],
  ["src/main/django/planted.ts", "node:fs"],
  ["src/main/python/planted.ts", "../django/cache-key.ts"],
  ["src/main/engine/planted.ts", "../stores/driver.ts"],
  ["src/main/engine/planted.ts", "node:fs"],
  ["src/main/engine/backends/planted.ts", "../../server/router.ts"],
  ["src/main/engine/planted.ts", "electron"],
  ["src/main/stores/sqlite.ts", "./file.ts"],
  ["src/main/stores/file.ts", "./sqlite.ts"],
  ["src/main/stores/sqlite.ts", "./postgres.ts"],
  ["src/main/stores/postgres.ts", "./mysql.ts"],
  ["src/main/stores/postgres.ts", "./sqlite.ts"],
  ["src/main/stores/postgres.ts", "mysql2"],
  ["src/main/stores/mysql.ts", "./postgres-table.ts"],
  ["src/main/stores/mysql.ts", "pg"],
  ["src/main/stores/sql-planted.ts", "./mysql-table.ts"],
  ["src/main/stores/sql-planted.ts", "pg"],
  ["src/main/jobs/planted.ts", "pg"],
  ["src/main/stores/redis.ts", "./mysql.ts"],
  ["src/main/stores/redis.ts", "./sql-read.ts"],
  ["src/main/stores/redis.ts", "../engine/caches/redis.ts"],
  ["src/main/stores/sqlite.ts", "ioredis"],
  ["src/main/stores/mysql.ts", "./redis-link.ts"],
  ["src/main/stores/planted.ts", "../engine/signing.ts"],
  ["src/main/jobs/planted.ts", "../stores/sqlite.ts"],
  ["src/main/jobs/planted.ts", "../server/router.ts"],
  ["src/main/jobs/planted.ts", "electron"],
  ["src/main/simulator/planted.ts", "../workspace/home.ts"],
  ["src/main/server/planted.ts", "../stores/sqlite.ts"],
  ["src/main/server/planted.ts", "react"],
  ["src/main/cli/planted.ts", "../stores/sqlite.ts"],
  ["src/main/cli/planted.ts", "../engine/signing.ts"],
  ["src/main/cli/planted.ts", "electron"],
  ["src/main/jobs/planted.ts", "../cli/output.ts"],
  ["src/main/workspace/planted.ts", "../cli/text.ts"],
  ["src/main/server/planted.ts", "../cli/main.ts"],
  ["src/main/shell/planted.ts", "../jobs/page.ts"],
  ["src/main/planted.ts", "electron"],
  ["src/preload/planted.ts", "../shared/contract.ts"],
  ["src/renderer/features/sessions/planted.tsx", "../inspector/Inspector.tsx"],
  ["src/renderer/features/sessions/planted.tsx", "../../../main/problem.ts"],
  ["src/renderer/features/sessions/planted.tsx", "node:fs"],
  ["src/renderer/ui/planted.tsx", "electron"],
];

const allowed: [string, string][] = [
  ["src/shared/planted.ts", "./problem.ts"],
  ["src/shared/planted.ts", "zod"],
  ["src/main/python/planted.ts", "./value.ts"],
  ["src/main/engine/backends/planted.ts", "../../python/value.ts"],
  ["src/main/engine/planted.ts", "node:crypto"],
  ["src/main/engine/caches/planted.ts", "../../django/cache-key.ts"],
  ["src/main/django/planted.ts", "../problem.ts"],
  ["src/main/stores/redis.ts", "../django/cache-key.ts"],
  ["src/main/stores/sqlite.ts", "./driver.ts"],
  ["src/main/stores/sqlite.ts", "./sqlite-sql.ts"],
  ["src/main/stores/postgres.ts", "./sql-pool.ts"],
  ["src/main/stores/postgres.ts", "pg"],
  ["src/main/stores/mysql.ts", "./mysql-table.ts"],
  ["src/main/stores/sql-planted.ts", "./sql-pool.ts"],
  ["src/main/stores/redis.ts", "ioredis"],
  ["src/main/stores/redis.ts", "./redis-link.ts"],
  ["src/main/jobs/planted.ts", "../stores/driver.ts"],
  ["src/main/server/planted.ts", "../jobs/page.ts"],
  ["src/main/cli/planted.ts", "../server/router.ts"],
  ["src/main/cli/planted.ts", "../simulator/story.ts"],
  ["src/main/electron.ts", "electron"],
  ["src/preload/planted.ts", "electron"],
  ["src/renderer/features/sessions/planted.tsx", "./Table.tsx"],
  ["src/renderer/features/sessions/planted.tsx", "../../ui/Button.tsx"],
  ["src/renderer/features/sessions/planted.tsx", "../../../shared/session.ts"],
  ["src/renderer/features/sessions/planted.tsx", "react"],
];

/** Plants every import in a file of its own in an empty tree under the project's biome.json, and lints them at once. */
function lint(): Map<string, boolean> {
  cpSync(join(root, "biome.json"), join(copy, "biome.json"));
  writeFileSync(join(copy, ".gitignore"), "");
  const planted = [...violations, ...allowed].map(([file, imported], index) => {
    const path = file
      .replace("planted", `planted${index}`)
      .replace(/(sqlite|file|postgres|mysql|redis)\.ts$/, `$1-${index}.ts`);
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(
      join(copy, path),
      `import { thing } from "${imported}";\nexport const used = thing;\n`,
    );
    return { name: `${file} <- ${imported}`, path };
  });
  const ran = spawnSync(
    join(root, "node_modules/.bin/biome"),
    [
      "lint",
      "--only=style/noRestrictedImports",
      "--max-diagnostics=none",
      "--reporter=json",
      "--vcs-enabled=false",
      ".",
    ],
    { cwd: copy, encoding: "utf8" },
  );
  const report = ran.stdout;
  return new Map(planted.map(({ name, path }) => [name, report.includes(path)]));
}

const caught = lint();

test.each(violations)("%s may not import %s", (file, imported) => {
  expect(caught.get(`${file} <- ${imported}`)).toBe(true);
});

test.each(allowed)("%s may import %s", (file, imported) => {
  expect(caught.get(`${file} <- ${imported}`)).toBe(false);
});
