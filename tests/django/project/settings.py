"""A small Django project for the tests: everything that differs between them comes from the environment."""
import json
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "a test key that is no secret")
SECRET_KEY_FALLBACKS = json.loads(os.environ.get("DJANGO_SECRET_KEY_FALLBACKS", "[]"))
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("PROJECT_DATABASE", ":memory:"),
        "OPTIONS": {"timeout": float(os.environ.get("PROJECT_TIMEOUT", "20"))},
    }
}
# Another database than a SQLite file, as JSON.
if "PROJECT_DATABASE_SERVER" in os.environ:
    DATABASES["default"] = json.loads(os.environ["PROJECT_DATABASE_SERVER"])
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Other caches, as JSON.
if "PROJECT_CACHES" in os.environ:
    CACHES = json.loads(os.environ["PROJECT_CACHES"])
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = os.environ.get("PROJECT_USE_TZ", "1") == "1"
TIME_ZONE = os.environ.get("PROJECT_TIME_ZONE", "UTC")
# Any SESSION_* setting, as JSON: SESSION_ENGINE, SESSION_SERIALIZER, SESSION_FILE_PATH, ...
for name, text in os.environ.items():
    if name.startswith("SESSION_"):
        globals()[name] = json.loads(text)
