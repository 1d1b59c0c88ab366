/** Settings read as text are what the real Django gets by running them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { djangoPython } from "../../django/python.ts";
import { folderWith, manage, read, realSettings, valuesOf } from "./oracle.ts";

interface Case {
  name: string;
  files: Record<string, string>;
  module?: string;
  env?: Record<string, string>;
}

const base = `
from pathlib import Path
import os
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "base-secret-key"
INSTALLED_APPS = ["django.contrib.sessions"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
USE_TZ = True
TIME_ZONE = "UTC"
`;

const cases: Case[] = [
  {
    name: "split settings with a star import, updates and overrides",
    module: "conf.production",
    files: {
      "manage.py": manage("conf.production"),
      "conf/__init__.py": "",
      "conf/base.py": base,
      "conf/production.py": `from .base import *
from .base import DATABASES as _d
DATABASES["default"].update({"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "app", "PASSWORD": "pw-1", "HOST": "db.example.org", "PORT": 5433})
DATABASES["replica"] = {**_d["default"], "HOST": "replica" + "." + "example.org"}
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = not False
SESSION_COOKIE_NAME = f"shop_{'prod'}_sid"
SECRET_KEY_FALLBACKS = ["old-1", 'old' '-2']
`,
    },
  },
  {
    name: "environment variables: set",
    files: {
      "manage.py": manage("site_settings"),
      "site_settings.py": `import os
from os import environ, getenv
ENV = os.environ.get("SITE_ENV", "dev")
SECRET_KEY = os.environ["SITE_KEY"]
SESSION_COOKIE_AGE = int(os.environ.get("AGE", 3600))
SESSION_COOKIE_DOMAIN = getenv("DOMAIN")
SESSION_COOKIE_SECURE = environ.get("SECURE", "False").lower() in ("1", "true", "yes")
if ENV == "prod":
    DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "shop", "HOST": os.environ["DB_HOST"], "PORT": os.getenv("DB_PORT", "3306"), "USER": "root"}}
elif ENV == "stage":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.path.dirname(os.path.abspath(__file__)), "stage.sqlite3")}}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
`,
    },
    module: "site_settings",
    env: { SITE_ENV: "prod", SITE_KEY: "from env", DB_HOST: "10.0.0.9", SECURE: "Yes" },
  },
  {
    name: "environment variables: the other branch, defaults",
    files: {
      "manage.py": manage("site_settings"),
      "site_settings.py": `import os
import sys
ENV = os.environ.get("SITE_ENV", "stage")
try:
    SECRET_KEY = os.environ["SITE_KEY"]
except KeyError:
    SECRET_KEY = "insecure-default"
SESSION_COOKIE_AGE = int(os.environ.get("AGE") or 7200)
if "test" in sys.argv:
    SESSION_ENGINE = "django.contrib.sessions.backends.cache"
else:
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
if ENV == "stage" and not os.environ.get("NOPE"):
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.path.dirname(os.path.abspath(__file__)), "stage.sqlite3")}}
CACHES = dict(default=dict(BACKEND="django.core.cache.backends.memcached.PyMemcacheCache", LOCATION=["a:11211", "b:11211"], KEY_PREFIX="s", VERSION=2), other={"BACKEND": "django.core.cache.backends.locmem.LocMemCache"})
`,
    },
    module: "site_settings",
  },
  {
    name: "own functions, conditional expressions, with open, timedelta, unpacking, slices",
    files: {
      "manage.py": manage("pkg.settings"),
      "pkg/__init__.py": "",
      "pkg/secret.txt": "file-secret\n",
      "pkg/settings.py": `import os
from datetime import timedelta
from pathlib import Path
from django.core.exceptions import ImproperlyConfigured
HERE = Path(__file__).parent.resolve()
def env(name, default=None):
    try:
        return os.environ[name]
    except KeyError:
        if default is None:
            raise ImproperlyConfigured("Set %s" % name)
        return default
with open(HERE / "secret.txt") as handle:
    SECRET_KEY = handle.read().strip()
A, B = "sess", ("x", "y")
SESSION_COOKIE_NAME = "%s-%s" % (A, B[1])
SESSION_COOKIE_AGE = int(timedelta(days=2, hours=1).total_seconds())
SESSION_COOKIE_PATH = env("COOKIE_PATH", "/shop/")
SESSION_COOKIE_SAMESITE = "Strict" if len(B) == 2 else None
TIME_ZONE = "XEurope/Berlin"[1:]
SESSION_FILE_PATH = str(HERE.parent.joinpath("var", "sessions"))
SESSION_ENGINE = "django.contrib.sessions.backends." + {"f": "file"}["f"]
AUTH_USER_MODEL = "{}.{}".format("accounts", "User")
INSTALLED_APPS = []
INSTALLED_APPS += ["a"]
DATABASES = {}
USE_TZ = "a" < "b" <= "c"
`,
    },
    module: "pkg.settings",
  },
  {
    name: "try-imports, packages, modules by attribute, circles",
    files: {
      "manage.py": manage("proj.settings"),
      "proj/__init__.py": "from . import common\n",
      "proj/common.py":
        "AGE = 1000\n__all__ = ['AGE', '_hidden']\n_hidden = 5\nimport proj.settings\n",
      "proj/settings/__init__.py":
        "from .main import *\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n",
      "proj/settings/main.py": `from proj.common import *
import proj.common as other
from .. import common as third
SECRET_KEY = b"bytes".decode()
SESSION_COOKIE_AGE = AGE + _hidden
try:
    import local_settings_zz.nothing
    SESSION_COOKIE_NAME = "no"
except ImportError:
    SESSION_COOKIE_NAME = "yes"
else:
    SESSION_COOKIE_NAME = "else"
SESSION_COOKIE_PATH = f"/{other.AGE}/{third.AGE}/{{x}}"
`,
    },
    module: "proj.settings",
  },
  {
    name: "a local file that is there overrides",
    files: {
      "manage.py": manage("proj.settings"),
      "proj/__init__.py": "",
      "proj/settings.py":
        "SECRET_KEY='a'\nDEBUG=False\ntry:\n    from .local import *\nexcept ImportError as e:\n    SESSION_COOKIE_AGE = 1\nfinally:\n    SESSION_COOKIE_PATH = '/f'\n",
      "proj/local.py":
        "SECRET_KEY = 'local-key-77'\nSESSION_COOKIE_AGE = 0x10 + 1_000\nSESSION_COOKIE_DOMAIN = r'\\d' \"\\x41\\u00e9\\n\" '''q'''\n",
    },
    module: "proj.settings",
  },
];

/** Every setting the reader knows is what Django has; secrets are compared in the host. */
function compare(folder: string, module: string, env: Record<string, string> = {}): void {
  const real = realSettings(folder, module, env);
  const found = read(folder, {}, env);
  const values = valuesOf(found);
  for (const [name, value] of Object.entries(real)) {
    if (name === "secret" || name === "fallbacks" || name === "passwords") continue;
    const known = found.project.settings.find((one) => one.name === name)?.known;
    // Without a version named, Django's newest default is given; the real one here is 3.2.
    if (known === "default" && name === "USE_TZ") continue;
    expect(`${name} = ${values[name]}`).toBe(`${name} = ${value}`);
  }
  const [secrets] = found.secrets.values();
  if (secrets) {
    expect(secrets.secretKey).toBe(real["secret"]);
    expect(secrets.fallbacks).toEqual(real.fallbacks);
  }
  const page = JSON.stringify(found.project);
  for (const secret of [real["secret"] ?? "", ...real.fallbacks, ...real.passwords])
    if (secret.length > 4) expect(page).not.toContain(secret);
}

describe("settings as Django has them", () => {
  test.each(cases)("$name", ({ files, module = "settings", env }) => {
    compare(folderWith(files), module, env);
  });

  test("startproject's own, and what is proposed from it", () => {
    const folder = mkdtempSync(join(tmpdir(), "sessionscope-project-"));
    const made = spawnSync(
      djangoPython().python,
      ["-m", "django", "startproject", "shop", folder],
      { encoding: "utf8" },
    );
    expect(made.stderr).toBe("");
    compare(folder, "shop.settings");
    const { project, secrets } = read(folder);
    expect(project).toMatchObject({ settingsModule: "shop.settings", problems: [], asks: [] });
    expect(project.settingsFrom).toMatch(/^manage\.py, line \d+$/);
    const name = project.settings.find((one) => one.name === "DATABASES['default']['NAME']");
    const line = readFileSync(join(folder, "shop/settings.py"), "utf8")
      .split("\n")
      .findIndex((text) => text.includes("'NAME': BASE_DIR"));
    expect(name?.origin).toMatchObject({ file: "shop/settings.py", line: line + 1 });
    const [proposal] = project.proposals;
    expect(proposal).toMatchObject({
      driver: "sqlite",
      available: true,
      secrets: ["secretKey"],
      connection: {
        options: { path: join(folder, "db.sqlite3"), table: "django_session" },
        settings: { USE_TZ: true, TIME_ZONE: "UTC" },
      },
    });
    expect(secrets.get(proposal?.id ?? "")?.secretKey).toMatch(/^django-insecure-/);
    writeFileSync(join(folder, "requirements.txt"), "django-debug-toolbar==3.0\nDjango==3.2.19\n");
    const again = read(folder).project;
    expect(again.django).toEqual({ version: "3.2.19", file: "requirements.txt" });
    expect(again.settings.find((one) => one.name === "SECRET_KEY")).toMatchObject({
      value: null,
      secret: true,
      known: "yes",
    });
  });
});
