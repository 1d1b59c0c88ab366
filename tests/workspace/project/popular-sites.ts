/** Settings of one site: python-decouple, secrets in a JSON file, classes. */
import { manage } from "./oracle.ts";
import type { Popular } from "./popular-templates.ts";

/** python-decouple with a settings package chosen by a variable in its __init__.py, MySQL by parts. */
export const decoupled: Popular = {
  files: {
    "src/manage.py": manage("core.settings"),
    "src/core/__init__.py": "",
    "src/core/settings/__init__.py": `from decouple import config

ENVIRONMENT = config("ENVIRONMENT", default="local")

if ENVIRONMENT == "production":
    from .production import *
elif ENVIRONMENT == "staging":
    from .staging import *
else:
    from .local import *
`,
    "src/core/settings/base.py": `from pathlib import Path
from decouple import Csv, config
from dj_database_url import parse as dburl

BASE_DIR = Path(__file__).resolve().parents[2]
SECRET_KEY = config("SECRET_KEY")
ALLOWED_HOSTS = config("ALLOWED_HOSTS", default="", cast=Csv())
TIME_ZONE = "America/Sao_Paulo"
USE_TZ = False
SESSION_COOKIE_AGE = config("SESSION_DAYS", default=7, cast=int) * 24 * 60 * 60
AUTH_USER_MODEL = "users.CustomUser"
`,
    "src/core/settings/local.py": `from .base import *
DEBUG = True
DATABASES = {"default": config("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}", cast=dburl)}
`,
    "src/core/settings/production.py": `from .base import *
DEBUG = False
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": config("DB_NAME"),
        "USER": config("DB_USER"),
        "PASSWORD": config("DB_PASSWORD"),
        "HOST": config("DB_HOST", default="localhost"),
        "PORT": config("DB_PORT", default=3306, cast=int),
        "OPTIONS": {"charset": "utf8mb4", "ssl": {"ca": str(BASE_DIR / "certs" / "ca.pem")}},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": config("MEMCACHED", default="127.0.0.1:11211", cast=Csv()),
        "KEY_PREFIX": "core",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_SECURE = True
`,
    "src/.env": `ENVIRONMENT=production
SECRET_KEY=decouple-key-0123
DB_NAME=core
DB_USER=core
DB_PASSWORD=decouple-db-pass
DB_HOST=db.internal
MEMCACHED=cache-a:11211,cache-b:11211
`,
    "src/requirements.txt": "Django==4.1.13\npython-decouple==3.8\n",
  },
};

/** django-configurations: classes, chosen by DJANGO_CONFIGURATION. */
export const classes: Popular = {
  files: {
    "manage.py": `#!/usr/bin/env python
import os, sys
if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
    os.environ.setdefault("DJANGO_CONFIGURATION", "Production")
    from configurations.management import execute_from_command_line
    execute_from_command_line(sys.argv)
`,
    "site_settings.py": `import os
from configurations import Configuration, values

class Common(Configuration):
    BASE_DIR = os.path.dirname(os.path.abspath(__file__))
    SECRET_KEY = values.SecretValue()
    TIME_ZONE = "UTC"
    USE_TZ = True
    DATABASES = values.DatabaseURLValue("sqlite:///" + os.path.join(BASE_DIR, "db.sqlite3"))

class Production(Common):
    SESSION_COOKIE_AGE = 3600
    SESSION_COOKIE_SECURE = True
`,
  },
  env: { DJANGO_SECRET_KEY: "configurations-key-0123" },
};

/** Two scoops: secrets.json beside the settings, a get_secret() of the project's own, file sessions. */
export const scoops: Popular = {
  files: {
    "manage.py": manage("config.settings.local"),
    "config/__init__.py": "",
    "config/settings/__init__.py": "",
    "config/settings/base.py": `import json
from pathlib import Path
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

with open(BASE_DIR / "secrets.json") as f:
    secrets = json.load(f)

def get_secret(setting, secrets=secrets):
    """Get secret setting or fail with ImproperlyConfigured"""
    try:
        return secrets[setting]
    except KeyError:
        raise ImproperlyConfigured("Set the {} setting".format(setting))

SECRET_KEY = get_secret("SECRET_KEY")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": get_secret("DB_NAME"),
        "USER": get_secret("DB_USER"),
        "PASSWORD": get_secret("DB_PASSWORD"),
        "HOST": "/var/run/postgresql",
    }
}
USE_TZ = True
TIME_ZONE = "Europe/Warsaw"
SESSION_ENGINE = "django.contrib.sessions.backends.file"
SESSION_FILE_PATH = BASE_DIR / "var" / "sessions"
SESSION_COOKIE_NAME = "scoopid"
`,
    "config/settings/local.py":
      "from .base import *\nDEBUG = True\nSESSION_COOKIE_SECURE = not DEBUG\n",
    "secrets.json":
      '{"SECRET_KEY": "scoops-key-01234", "DB_NAME": "scoops", "DB_USER": "u", "DB_PASSWORD": "scoops-db-pass"}\n',
    Pipfile: '[packages]\ndjango = "~=5.1"\n',
  },
};
