/** Projects in the style of the templates that are copied most: how their settings are split, and where the values come from. */
import { manage } from "./oracle.ts";

export interface Popular {
  files: Record<string, string>;
  env?: Record<string, string>;
}

/** cookiecutter-django: config/settings/{base,local,production,test}.py, .envs/, django-environ, DATABASE_URL. */
export const cookiecutter = (which: "local" | "production"): Popular => ({
  files: {
    "manage.py": `#!/usr/bin/env python
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.${which}")

    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        try:
            import django  # noqa
        except ImportError:
            raise ImportError(
                "Couldn't import Django. Are you sure it's installed?"
            )
        raise

    # This allows easy placement of apps within the interior shop directory.
    current_path = Path(__file__).parent.resolve()
    sys.path.append(str(current_path / "shop"))

    execute_from_command_line(sys.argv)
`,
    "config/__init__.py": "",
    "config/settings/__init__.py": "",
    "config/settings/base.py": `"""
Base settings to build other settings files upon.
"""
import ssl
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent
# shop/
APPS_DIR = BASE_DIR / "shop"
env = environ.Env()

READ_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)
if READ_DOT_ENV_FILE:
    # OS environment variables take precedence over variables from .env
    env.read_env(str(BASE_DIR / ".env"))

DEBUG = env.bool("DJANGO_DEBUG", False)
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
SITE_ID = 1
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [str(BASE_DIR / "locale")]

DATABASES = {
    "default": env.db(
        "DATABASE_URL",
        default="postgres:///shop",
    ),
}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DJANGO_APPS = [
    "django.contrib.auth",
    "django.contrib.sessions",
]
THIRD_PARTY_APPS = ["crispy_forms", "allauth"]
LOCAL_APPS = ["shop.users"]
INSTALLED_APPS = DJANGO_APPS + THIRD_PARTY_APPS + LOCAL_APPS
AUTH_USER_MODEL = "users.User"
STATIC_ROOT = str(BASE_DIR / "staticfiles")
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
EMAIL_BACKEND = env(
    "DJANGO_EMAIL_BACKEND",
    default="django.core.mail.backends.smtp.EmailBackend",
)
LOGGING = {
    "version": 1,
    "formatters": {"verbose": {"format": "%(levelname)s %(asctime)s"}},
}
REDIS_URL = env("REDIS_URL", default="redis://redis:6379/0")
REDIS_SSL = REDIS_URL.startswith("rediss://")
if USE_TZ:
    CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_NONE} if REDIS_SSL else None
`,
    "config/settings/local.py": `from .base import *  # noqa: F403
from .base import INSTALLED_APPS
from .base import MIDDLEWARE
from .base import env

DEBUG = True
SECRET_KEY = env(
    "DJANGO_SECRET_KEY",
    default="local-cookiecutter-key-0123456789",
)
ALLOWED_HOSTS = ["localhost", "0.0.0.0", "127.0.0.1"]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "",
    },
}
INSTALLED_APPS = ["whitenoise.runserver_nostatic", *INSTALLED_APPS]
INSTALLED_APPS += ["debug_toolbar"]
MIDDLEWARE += ["debug_toolbar.middleware.DebugToolbarMiddleware"]
INTERNAL_IPS = ["127.0.0.1", "10.0.2.2"]
if env("USE_DOCKER") == "yes":
    import socket

    hostname, _, ips = socket.gethostbyname_ex(socket.gethostname())
    INTERNAL_IPS += [".".join(ip.split(".")[:-1] + ["1"]) for ip in ips]
`,
    "config/settings/production.py": `import logging

from .base import *  # noqa: F403
from .base import DATABASES
from .base import REDIS_URL
from .base import env

SECRET_KEY = env("DJANGO_SECRET_KEY")
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["shop.example"])
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "IGNORE_EXCEPTIONS": True,
        },
    },
}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("DJANGO_SECURE_SSL_REDIRECT", default=True)
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Secure-sessionid"
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_CACHE_ALIAS = "default"
`,
    ".envs/.local/.django":
      "USE_DOCKER=yes\nIPYTHONDIR=/app/.ipython\nREDIS_URL=redis://redis:6379/0\n",
    ".envs/.local/.postgres": `POSTGRES_HOST=postgres
POSTGRES_PORT=5432
POSTGRES_DB=shop
POSTGRES_USER=debug
POSTGRES_PASSWORD=cookie-local-pass
`,
    ".envs/.production/.django": `DJANGO_SETTINGS_MODULE=config.settings.production
DJANGO_SECRET_KEY=prod-cookiecutter-key-98765
REDIS_URL=redis://redis:6379/0
`,
    ".envs/.production/.postgres": `POSTGRES_HOST=postgres
POSTGRES_PORT=5432
POSTGRES_DB=shop
POSTGRES_USER=prod
POSTGRES_PASSWORD=cookie-prod-pass
`,
    "compose/production/django/entrypoint": `#!/bin/bash
set -o errexit
export CELERY_BROKER_URL="\${REDIS_URL}"
if [ -z "\${POSTGRES_USER}" ]; then
    base_postgres_image_default_user='postgres'
    export POSTGRES_USER="\${base_postgres_image_default_user}"
fi
export DATABASE_URL="postgres://\${POSTGRES_USER}:\${POSTGRES_PASSWORD}@\${POSTGRES_HOST}:\${POSTGRES_PORT}/\${POSTGRES_DB}"
exec "$@"
`,
    "requirements/base.txt": "django==5.0.9\ndjango-environ==0.11.2\n",
    "requirements/production.txt": "-r base.txt\ngunicorn==23.0\n",
  },
});

/** Wagtail's start template: mysite/settings/{base,dev,production}.py, dev named by manage.py. */
export const wagtail: Popular = {
  files: {
    "manage.py": manage("mysite.settings.dev"),
    "mysite/__init__.py": "",
    "mysite/wsgi.py":
      'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings.production")\napplication = get_wsgi_application()\n',
    "mysite/settings/__init__.py": "",
    "mysite/settings/base.py": `import os

PROJECT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BASE_DIR = os.path.dirname(PROJECT_DIR)

INSTALLED_APPS = [
    "home",
    "wagtail.admin",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
]
ROOT_URLCONF = "mysite.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(BASE_DIR, "db.sqlite3"),
    }
}
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATICFILES_DIRS = [
    os.path.join(PROJECT_DIR, "static"),
]
MEDIA_ROOT = os.path.join(BASE_DIR, "media")
WAGTAIL_SITE_NAME = "mysite"
`,
    "mysite/settings/dev.py": `from .base import *

DEBUG = True
# SECURITY WARNING: keep the secret key used in production secret!
SECRET_KEY = "django-insecure-wagtail-%$&'()#0123"
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

try:
    from .local import *
except ImportError:
    pass
`,
    "mysite/settings/production.py": `from .base import *

DEBUG = False

try:
    from .local import *
except ImportError:
    pass
`,
    "requirements.txt": "Django>=4.2,<4.3\nwagtail>=5.2,<5.3\n",
  },
};

/** Mezzanine's: project_template/settings.py, which sets defaults and executes local_settings.py. */
export const mezzanine: Popular = {
  files: {
    "manage.py": `#!/usr/bin/env python
from __future__ import absolute_import, unicode_literals
import os
import sys
if __name__ == "__main__":
    from mezzanine.utils.conf import real_project_name
    settings_module = "%s.settings" % real_project_name("blog")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module)
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
`,
    "blog/__init__.py": "",
    "blog/settings.py": `from __future__ import absolute_import, unicode_literals
import os
from django import VERSION as DJANGO_VERSION
from django.utils.translation import ugettext_lazy as _

USE_MODELTRANSLATION = False
ALLOWED_HOSTS = []
TIME_ZONE = 'UTC'
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = (
    ('en', _('English')),
)
DEBUG = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SITE_ID = 1
USE_I18N = False
AUTHENTICATION_BACKENDS = ("mezzanine.core.auth_backends.MezzanineBackend",)
FILE_UPLOAD_PERMISSIONS = 0o644
DATABASES = {
    "default": {
        # Add "postgresql_psycopg2", "mysql", "sqlite3" or "oracle".
        "ENGINE": "django.db.backends.",
        # DB name or path to database file if using sqlite3.
        "NAME": "",
        "USER": "",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
    }
}
PROJECT_APP_PATH = os.path.dirname(os.path.abspath(__file__))
PROJECT_APP = os.path.basename(PROJECT_APP_PATH)
PROJECT_ROOT = BASE_DIR = os.path.dirname(PROJECT_APP_PATH)
CACHE_MIDDLEWARE_KEY_PREFIX = PROJECT_APP
STATIC_ROOT = os.path.join(PROJECT_ROOT, "static")
MEDIA_ROOT = os.path.join(PROJECT_ROOT, *"/static/media/".strip("/").split("/"))
ROOT_URLCONF = "%s.urls" % PROJECT_APP
INSTALLED_APPS = (
    "django.contrib.sessions",
    "mezzanine.boot",
)
if DJANGO_VERSION < (1, 9):
    del TEMPLATES[0]["OPTIONS"]["builtins"]

# Instead of doing "from .local_settings import *", we use exec so that
# local_settings has full access to everything defined in this module.
f = os.path.join(PROJECT_APP_PATH, "local_settings.py")
if os.path.exists(f):
    import sys
    import imp
    module_name = "%s.local_settings" % PROJECT_APP
    module = imp.new_module(module_name)
    module.__file__ = f
    sys.modules[module_name] = module
    exec(open(f, "rb").read())

try:
    from mezzanine.utils.conf import set_dynamic_settings
except ImportError:
    pass
else:
    set_dynamic_settings(globals())
`,
    "blog/local_settings.py": `DEBUG = True
SECRET_KEY = "mezzanine-key-0123456789"
NEVERCACHE_KEY = "mezzanine-never-0123"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "dev.db",
        "USER": "",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
    }
}
`,
    "requirements.txt": "Mezzanine==4.3.1\n",
  },
};
