/** Runs a few lines of Python inside a configured real Django 3.2, with JSON going in and coming out. */
import { spawnSync } from "node:child_process";
import { djangoPython } from "../django/python.ts";

const prelude = `
import base64, datetime, decimal, json, os, pickle, sys, uuid
from importlib import import_module
given = json.load(sys.stdin)
from django.conf import settings
settings.configure(**{
    "SECRET_KEY": "peer-secret",
    "USE_TZ": True,
    "TIME_ZONE": "UTC",
    "INSTALLED_APPS": ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages"],
    **given["settings"],
})
import django
django.setup()
from django.core.cache import cache
from django.core.management import call_command
def store(engine, key=None):
    return import_module("django.contrib.sessions.backends." + engine).SessionStore(key)
def b64(data):
    return base64.b64encode(data).decode()
given = given["given"]
result = None
`;

/** `code` reads \`given\` and sets \`result\`. Fails with Python's traceback. */
export function runDjango<Result>(
  settings: Record<string, unknown>,
  code: string,
  given: unknown = null,
): Result {
  const run = spawnSync(
    djangoPython().python,
    ["-W", "ignore", "-c", `${prelude}\n${code}\njson.dump(result, sys.stdout)`],
    {
      input: JSON.stringify({ settings, given }),
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (run.status !== 0) throw new Error(run.stderr || String(run.error));
  return JSON.parse(run.stdout);
}
