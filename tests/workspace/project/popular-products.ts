/** Settings in the style of products built on Django: from variables, URLs and ini files. */
import { manage } from "./oracle.ts";
import type { Popular } from "./popular-templates.ts";

/** Saleor's: one file, everything from the environment through small functions and URLs. */
export const saleor: Popular = {
  files: {
    "manage.py": manage("saleor.settings"),
    "saleor/__init__.py": "",
    "saleor/settings.py": `import ast
import os
import os.path
import warnings
from datetime import timedelta
from typing import Optional
from urllib.parse import urlparse

import dj_database_url
import django_cache_url
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from pytimeparse import parse

from . import patch_local


def get_list(text):
    return [item.strip() for item in text.split(",")]


def get_bool_from_env(name, default_value):
    if name in os.environ:
        value = os.environ[name]
        try:
            return ast.literal_eval(value)
        except ValueError as e:
            raise ValueError(f"{value} is an invalid value for {name}") from e
    return default_value


DEBUG = get_bool_from_env("DEBUG", True)
SITE_ID = 1
PROJECT_ROOT = os.path.normpath(os.path.join(os.path.dirname(__file__), ".."))
ROOT_URLCONF = "saleor.urls"
ADMINS: list = []
DATABASE_CONNECTION_DEFAULT_NAME = "default"
DATABASE_CONNECTION_REPLICA_NAME = "replica"
DB_CONN_MAX_AGE = int(os.environ.get("DB_CONN_MAX_AGE", 0))
DATABASES = {
    DATABASE_CONNECTION_DEFAULT_NAME: dj_database_url.config(
        default="postgres://saleor:saleor-pass@localhost:5432/saleor",
        conn_max_age=DB_CONN_MAX_AGE,
    ),
    DATABASE_CONNECTION_REPLICA_NAME: dj_database_url.config(
        env="DATABASE_URL_REPLICA",
        default="postgres://saleor:saleor-pass@localhost:5432/saleor",
        conn_max_age=DB_CONN_MAX_AGE,
    ),
}
TIME_ZONE = "UTC"
USE_TZ = True
EMAIL_URL = os.environ.get("EMAIL_URL")
SECRET_KEY = os.environ.get("SECRET_KEY")
if not SECRET_KEY and DEBUG:
    warnings.warn("SECRET_KEY not configured, using a random temporary key.", stacklevel=1)
    from django.core.management.utils import get_random_secret_key
    SECRET_KEY = get_random_secret_key()
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
if not DEBUG:
    INSTALLED_APPS.append("foo")
AUTH_USER_MODEL = "account.User"
ENABLE_SSL = get_bool_from_env("ENABLE_SSL", False)
if ENABLE_SSL:
    SECURE_SSL_REDIRECT = not DEBUG
SESSION_COOKIE_SECURE = ENABLE_SSL
CACHE_URL = os.environ.setdefault("CACHE_URL", "locmem://")
REDIS_URL = os.environ.get("REDIS_URL")
if REDIS_URL:
    CACHE_URL = os.environ.setdefault("CACHE_URL", REDIS_URL)
CACHES = {"default": django_cache_url.config()}
CACHES["default"]["TIMEOUT"] = parse(os.environ.get("CACHE_TIMEOUT", "7 days"))
JWT_TTL_ACCESS = timedelta(seconds=parse(os.environ.get("JWT_TTL_ACCESS", "5 minutes")))
`,
    "saleor/patch_local.py": "def patch_local():\n    pass\n",
    ".env": "SECRET_KEY=saleor-key-not-read-by-settings\n",
    "pyproject.toml": `[tool.poetry]
name = "saleor"
[tool.poetry.dependencies]
python = "~3.12"
Django = "^4.2"
dj-database-url = "^2"
[tool.pytest.ini_options]
DJANGO_SETTINGS_MODULE = "saleor.tests.settings"
`,
  },
};

/** django-oscar's sandbox: environ.Env(), sqlite by name, cached_db over CACHE_URL. */
export const oscar: Popular = {
  files: {
    "sandbox/manage.py": manage("settings"),
    "sandbox/settings.py": `import os
import environ
import oscar

env = environ.Env()

# Path helper
location = lambda x: os.path.join(os.path.dirname(os.path.realpath(__file__)), x)

DEBUG = env.bool("DEBUG", default=True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
EMAIL_SUBJECT_PREFIX = "[Oscar sandbox] "
DATABASES = {
    "default": {
        "ENGINE": env("DATABASE_ENGINE", default="django.db.backends.sqlite3"),
        "NAME": env("DATABASE_NAME", default=location("db.sqlite")),
        "USER": env("DATABASE_USER", default=""),
        "PASSWORD": env("DATABASE_PASSWORD", default=""),
        "HOST": env("DATABASE_HOST", default=""),
        "PORT": env("DATABASE_PORT", default=""),
        "ATOMIC_REQUESTS": True,
    }
}
CACHES = {
    "default": env.cache(default="locmemcache://"),
}
USE_TZ = True
TIME_ZONE = "Europe/London"
SECRET_KEY = env.str("SECRET_KEY", default="UajFCuyjDKmWHe29neauXzHi9eZoRXr6RMbT5JyAdPiACBP6Cra2")
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.sessions"]
SESSION_COOKIE_AGE = 60 * 60 * 24
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
from oscar.defaults import *
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# Try and import local settings which can be used to override any of the above.
try:
    from settings_local import *
except ImportError:
    pass
`,
    "setup.py": "from setuptools import setup\nsetup(install_requires=['django>=3.2,<4.3'])\n",
  },
};

/** pretix': configparser over pretix.cfg in several places, the environment beside it. */
export const pretix: Popular = {
  files: {
    "manage.py": manage("pretix.settings"),
    "pretix/__init__.py": "",
    "pretix/settings.py": `import configparser
import logging
import os
import sys
from urllib.parse import urlparse

_config = configparser.RawConfigParser()
if 'PRETIX_CONFIG_FILE' in os.environ:
    _config.read_file(open(os.environ.get('PRETIX_CONFIG_FILE'), encoding='utf-8'))
else:
    _config.read(['/etc/pretix/pretix.cfg', os.path.expanduser('~/.pretix.cfg'), 'pretix.cfg'], encoding='utf-8')
config = _config

BASE_DIR = os.path.dirname(os.path.dirname(__file__))
DATA_DIR = config.get('pretix', 'datadir', fallback=os.environ.get('DATA_DIR', 'data'))
LOG_DIR = os.path.join(DATA_DIR, 'logs')
if not os.path.exists(DATA_DIR):
    os.mkdir(DATA_DIR)
if config.has_option('django', 'secret'):
    SECRET_KEY = config.get('django', 'secret')
else:
    SECRET_FILE = os.path.join(DATA_DIR, '.secret')
    if os.path.exists(SECRET_FILE):
        with open(SECRET_FILE, 'r') as f:
            SECRET_KEY = f.read().strip()
db_backend = config.get('database', 'backend', fallback='sqlite3')
if db_backend == 'postgresql_psycopg2':
    db_backend = 'postgresql'
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.' + db_backend,
        'NAME': config.get('database', 'name', fallback=os.path.join(DATA_DIR, 'db.sqlite3')),
        'USER': config.get('database', 'user', fallback=''),
        'PASSWORD': config.get('database', 'password', fallback=''),
        'HOST': config.get('database', 'host', fallback=''),
        'PORT': config.get('database', 'port', fallback=''),
        'CONN_MAX_AGE': 0 if db_backend == 'sqlite3' else 120,
    }
}
CACHES = {
    'default': {
        'BACKEND': 'django.core.cache.backends.dummy.DummyCache',
    }
}
REAL_CACHE_USED = False
SESSION_ENGINE = None
HAS_MEMCACHED = config.has_option('memcached', 'location')
if HAS_MEMCACHED:
    REAL_CACHE_USED = True
    CACHES['default'] = {
        'BACKEND': 'django.core.cache.backends.memcached.PyLibMCCache',
        'LOCATION': config.get('memcached', 'location'),
    }
HAS_REDIS = config.has_option('redis', 'location')
if HAS_REDIS:
    CACHES['redis'] = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": config.get('redis', 'location'),
        "OPTIONS": {"CLIENT_CLASS": "django_redis.client.DefaultClient"},
    }
    CACHES['redis_sessions'] = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": config.get('redis', 'location'),
        "TIMEOUT": 3600 * 24 * 30,
        "OPTIONS": {"CLIENT_CLASS": "django_redis.client.DefaultClient"},
    }
    if not HAS_MEMCACHED:
        CACHES['default'] = CACHES['redis']
        REAL_CACHE_USED = True
    if config.getboolean('redis', 'sessions', fallback=False):
        SESSION_ENGINE = "django.contrib.sessions.backends.cache"
        SESSION_CACHE_ALIAS = "redis_sessions"
if not SESSION_ENGINE:
    if REAL_CACHE_USED:
        SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    else:
        SESSION_ENGINE = "django.contrib.sessions.backends.db"
USE_TZ = True
TIME_ZONE = config.get('locale', 'timezone', fallback='UTC')
SESSION_COOKIE_DOMAIN = config.get('pretix', 'cookie_domain', fallback=None)
SESSION_COOKIE_NAME = 'pretix_session'
SESSION_COOKIE_HTTPONLY = True
AUTH_USER_MODEL = 'pretixbase.User'
`,
    "pretix.cfg": `[pretix]
instance_name=My pretix installation
url=https://pretix.example
datadir=/var/pretix/data

[django]
secret=pretix-secret-key-0123456789

[database]
backend=postgresql
name=pretix
user=pretix
password=pretix-db-pass
host=172.17.0.1

[redis]
location=redis://172.17.0.1/0
sessions=true

[locale]
timezone=Europe/Berlin
`,
  },
};

/** Sentry's older way: a package for the code, and a user's sentry.conf.py that imports its defaults. */
export const sentry: Popular = {
  files: {
    "manage.py": manage("conf.server"),
    "conf/__init__.py": "",
    "conf/defaults.py": `import os
import os.path
import socket

def env(key, default="", type=None):
    if key in os.environ:
        rv = os.environ[key]
    else:
        rv = default
    if type is not None:
        rv = type(rv)
    return rv

PROJECT_ROOT = os.path.normpath(os.path.join(os.path.dirname(__file__), os.pardir))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "sentry",
        "USER": "postgres",
        "PASSWORD": "",
        "HOST": "127.0.0.1",
        "PORT": "",
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
    }
}
if "DATABASE_URL" in os.environ:
    url = urlparse(os.environ["DATABASE_URL"])
TIME_ZONE = "UTC"
USE_TZ = True
SESSION_COOKIE_NAME = "sentrysid"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_SAMESITE = None
SESSION_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer"
AUTH_USER_MODEL = "sentry.User"
SECRET_KEY = "default-key-to-replace"
`,
    "conf/server.py": `from conf.defaults import *  # NOQA
import os.path
CONF_ROOT = os.path.dirname(__file__)
env = os.environ.get
postgres = env('SENTRY_POSTGRES_HOST') or (env('POSTGRES_PORT_5432_TCP_ADDR') and 'postgres')
if postgres:
    DATABASES = {
        'default': {
            'ENGINE': 'sentry.db.postgres',
            'NAME': (env('SENTRY_DB_NAME') or env('POSTGRES_ENV_POSTGRES_USER') or 'postgres'),
            'USER': (env('SENTRY_DB_USER') or 'postgres'),
            'PASSWORD': (env('SENTRY_DB_PASSWORD') or ''),
            'HOST': postgres,
            'PORT': (env('SENTRY_POSTGRES_PORT') or ''),
        },
    }
secret_key = env('SENTRY_SECRET_KEY')
if not secret_key:
    raise Exception('Error: SENTRY_SECRET_KEY is undefined, run generate-secret-key and set to -e SENTRY_SECRET_KEY')
if 'SENTRY_RUNNING_UWSGI' not in os.environ and len(secret_key) < 32:
    print('!!                    CAUTION                       !!')
SECRET_KEY = secret_key
if env('SENTRY_USE_SSL'):
    SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')
    SESSION_COOKIE_SECURE = True
SESSION_COOKIE_AGE = int(env('SENTRY_SESSION_AGE', 60 * 60 * 24 * 7))
`,
  },
  env: { SENTRY_SECRET_KEY: "sentry-key-01234567890123456789012345" },
};
