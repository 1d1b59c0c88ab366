/** The Django project in tests/django/project, run on a folder of its own: the other side of the tests of stores. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { djangoPython } from "./python.ts";

export interface ProjectSettings {
  /** The SQLite file; migrated when `project` is called. Without: in memory, not migrated. */
  database?: string;
  /** DATABASES["default"] as it is; migrated when `project` is called. */
  server?: Record<string, unknown>;
  /** CACHES; without: one in the process's own memory. */
  caches?: Record<string, unknown>;
  secretKey?: string;
  useTz?: boolean;
  timeZone?: string;
  /** SESSION_* settings by their full names. */
  sessions?: Record<string, unknown>;
}

export interface Project {
  /** The environment a Python of this project runs in. */
  readonly env: NodeJS.ProcessEnv;
  readonly python: string;
  /**
   * Runs Python after django.setup(); `given` is the JSON passed in, and what the code leaves in `result` comes back
   * through JSON. Throws with Python's traceback.
   */
  run<Result>(code: string, given?: unknown): Result;
}

const PRELUDE = `
import json, sys
import django
django.setup()
given = json.load(sys.stdin)
result = None
from django.conf import settings
from importlib import import_module
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
`;

export function project(settings: ProjectSettings = {}): Project {
  const { python } = djangoPython();
  const sessions = Object.entries(settings.sessions ?? {});
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PYTHONPATH: join(import.meta.dirname, "project"),
    PYTHONDONTWRITEBYTECODE: "1",
    DJANGO_SETTINGS_MODULE: "settings",
    ...(settings.secretKey !== undefined && { DJANGO_SECRET_KEY: settings.secretKey }),
    ...(settings.database !== undefined && { PROJECT_DATABASE: settings.database }),
    ...(settings.server !== undefined && {
      PROJECT_DATABASE_SERVER: JSON.stringify(settings.server),
    }),
    ...(settings.caches !== undefined && { PROJECT_CACHES: JSON.stringify(settings.caches) }),
    PROJECT_USE_TZ: settings.useTz === false ? "0" : "1",
    PROJECT_TIME_ZONE: settings.timeZone ?? "UTC",
    ...Object.fromEntries(sessions.map(([name, value]) => [name, JSON.stringify(value)])),
  };
  const made: Project = {
    env,
    python,
    run(code, given = null) {
      const ran = spawnSync(
        python,
        ["-c", `${PRELUDE}${code}\nsys.stdout.write("\\n" + json.dumps(result))`],
        { env, encoding: "utf8", input: JSON.stringify(given), maxBuffer: 1 << 30 },
      );
      if (ran.status !== 0) throw new Error(`Python of the project failed:\n${ran.stderr}`);
      return JSON.parse(ran.stdout.slice(ran.stdout.lastIndexOf("\n") + 1));
    },
  };
  if (settings.database !== undefined || settings.server !== undefined)
    made.run(
      "from django.core.management import call_command\ncall_command('migrate', verbosity=0)",
    );
  return made;
}
