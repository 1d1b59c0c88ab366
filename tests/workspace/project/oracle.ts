/** Project folders of the tests, and what the real Django makes of their settings. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { type ReadRequest, readProject } from "../../../src/main/workspace/project/read.ts";
import { djangoPython } from "../../django/python.ts";

export const manage = (module: string) => `#!/usr/bin/env python
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${module}")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == "__main__":
    main()
`;

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, for as long as the tests of a file run. */
export function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "sessionscope-project-"));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const code = `
import json, os, sys
sys.path.insert(0, os.getcwd())
sys.argv = ["manage.py", "runserver"]
from django.conf import settings, global_settings
names = "SESSION_ENGINE SESSION_SERIALIZER SESSION_COOKIE_NAME SESSION_COOKIE_AGE SESSION_COOKIE_DOMAIN SESSION_COOKIE_PATH SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE SESSION_EXPIRE_AT_BROWSER_CLOSE SESSION_SAVE_EVERY_REQUEST SESSION_FILE_PATH SESSION_CACHE_ALIAS USE_TZ TIME_ZONE AUTH_USER_MODEL".split()
plain = lambda v: str(v) if hasattr(v, "__fspath__") else v
out = {n: repr(plain(getattr(settings, n))) for n in names}
for kind, keys in (("DATABASES", "ENGINE NAME USER HOST PORT"), ("CACHES", "BACKEND LOCATION KEY_PREFIX VERSION TIMEOUT")):
    mine = getattr(sys.modules[settings.SETTINGS_MODULE], kind, {})
    for alias, entry in mine.items():
        for key in keys.split():
            if key in entry: out["%s['%s']['%s']" % (kind, alias, key)] = repr(plain(entry[key]))
out["secret"] = settings.SECRET_KEY
mod = sys.modules[settings.SETTINGS_MODULE]
out["fallbacks"] = list(getattr(mod, "SECRET_KEY_FALLBACKS", []))
out["passwords"] = [e["PASSWORD"] for e in getattr(mod, "DATABASES", {}).values() if e.get("PASSWORD")]
print(json.dumps(out))
`;

export interface Real {
  [setting: string]: string;
}

/** What django.conf.settings gives for the project, run for real in this environment. */
export function realSettings(
  folder: string,
  module: string,
  env: Record<string, string> = {},
): Real & { fallbacks: string[]; passwords: string[] } {
  const ran = spawnSync(djangoPython().python, ["-W", "ignore", "-c", code], {
    cwd: folder,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"] ?? "",
      DJANGO_SETTINGS_MODULE: module,
      PYTHONDONTWRITEBYTECODE: "1",
      ...env,
    },
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}

export const read = (
  folder: string,
  more: Partial<ReadRequest> = {},
  env: Record<string, string> = {},
) => readProject({ path: folder, ...more }, env);

/** Values by name, of the settings that are known one way or the other. */
export const valuesOf = ({
  project,
}: ReturnType<typeof readProject>): Record<string, string | null> =>
  Object.fromEntries(project.settings.map(({ name, value }) => [name, value]));
