"""Runs scenarios (one JSON object a line on stdin) in the Django that is installed: timelines on stdout, one a line.

The clock, the random keys and the times of files are replaced; everything else is Django's own.
"""
import datetime
import json
import os
import shutil
import sys
import tempfile
import time
from importlib import import_module
from zoneinfo import ZoneInfo

from django.conf import settings

folder = tempfile.mkdtemp()
settings.configure(
    SECRET_KEY="insecure-scenario-key",
    USE_TZ=True,
    TIME_ZONE="UTC",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    SESSION_FILE_PATH=folder,
)
import django

django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import base
from django.contrib.sessions.backends.file import SessionStore as FileStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.utils import timezone

call_command("migrate", "sessions", verbosity=0)

micros = 0
keys = []
drawn = 0


def utc(at=None):
    at = micros if at is None else at
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(microseconds=at)


def iso(moment):
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now():
    if settings.USE_TZ:
        return utc().astimezone(timezone.utc)
    return utc().astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None)


def random_string(*args, **kwargs):
    global drawn
    drawn += 1
    return keys[drawn - 1] if drawn <= len(keys) else "auto" + str(drawn).zfill(28)


timezone.now = now
time.time = lambda: micros / 1e6
base.get_random_string = random_string

# The file engine stops at the first file that fails, so their order shows.
list_folder = os.listdir
os.listdir = lambda path: sorted(list_folder(path))

save_file = FileStore.save


def save(self, must_create=False):
    try:
        return save_file(self, must_create)
    finally:
        path = os.path.join(folder, settings.SESSION_COOKIE_NAME + (self.session_key or ""))
        if self.session_key and os.path.isfile(path) and os.stat(path).st_mtime > time.time() + 1e6:
            os.utime(path, (micros / 1e6, micros / 1e6))


FileStore.save = save


def tagged(value):
    if isinstance(value, datetime.datetime):
        return {"$type": "datetime", "value": value.isoformat()}
    if isinstance(value, dict):
        return {key: tagged(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [tagged(item) for item in value]
    return value


def login(session, user, hash):
    """django.contrib.auth.login without its user model."""
    if SESSION_KEY in session:
        if session[SESSION_KEY] != str(user) or (hash and session.get(HASH_SESSION_KEY, "") != hash):
            session.flush()
    else:
        session.cycle_key()
    session[SESSION_KEY] = str(user)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = hash


def act(session, action, store):
    op = action["op"]
    key = action.get("key")
    if op == "set":
        session[key] = action["value"]
    elif op == "setIn":
        session[key][action["field"]] = action["value"]
    elif op == "markModified":
        session.modified = True
    elif op == "increment":
        session[key] = session.get(key, 0) + 1
        return session[key]
    elif op == "get":
        return session.get(key, action.get("default"))
    elif op == "getItem":
        return session[key]
    elif op == "has":
        return key in session
    elif op == "delete":
        del session[key]
    elif op == "pop":
        return session.pop(key, action["default"]) if "default" in action else session.pop(key)
    elif op == "setdefault":
        return session.setdefault(key, action["value"])
    elif op == "update":
        session.update(action["value"])
    elif op == "setExpiry":
        if "datetime" in action:
            session.set_expiry(datetime.datetime.fromisoformat(action["datetime"].replace("Z", "+00:00")))
        elif "timedelta" in action:
            session.set_expiry(datetime.timedelta(seconds=action["timedelta"]))
        else:
            session.set_expiry(action["seconds"])
    elif op == "keys":
        return list(session.keys())
    elif op == "getExpiryDate":
        return iso(session.get_expiry_date())
    elif op == "login":
        login(session, action["user"], action["hash"])
    elif op == "logout":
        session.flush()
    elif op == "deleteRow":
        if session.session_key:
            store(session.session_key).delete()
    elif op == "loginRequired":
        return SESSION_KEY in session
    else:
        names = {
            "cycleKey": "cycle_key",
            "isEmpty": "is_empty",
            "getExpiryAge": "get_expiry_age",
            "getExpireAtBrowserClose": "get_expire_at_browser_close",
            "setTestCookie": "set_test_cookie",
            "testCookieWorked": "test_cookie_worked",
            "deleteTestCookie": "delete_test_cookie",
        }
        return getattr(session, names.get(op, op))()


class Jar:
    cookie = None

    def send(self, path, secure):
        if self.cookie and self.cookie["expires"] is not None and self.cookie["expires"] <= micros:
            self.cookie = None
        cookie = self.cookie
        if not cookie or (cookie["secure"] and not secure):
            return None
        matches = path == cookie["path"] or (
            path.startswith(cookie["path"]) and (cookie["path"].endswith("/") or path[len(cookie["path"])] == "/")
        )
        return cookie["value"] if matches else None

    def receive(self, morsel, path):
        age = morsel["max-age"]
        expires = micros + int(age) * 1000000 if age != "" else None
        folder = path[: path.rfind("/")] or "/"
        self.cookie = {
            "value": morsel.coded_value,
            "expires": expires,
            "path": morsel["path"] or folder,
            "secure": bool(morsel["secure"]),
        }
        if expires is not None and expires <= micros:
            self.cookie = None


def stored(engine, store):
    if engine in ("db", "cached_db"):
        found = {
            "rows": [
                {"key": row.session_key, "expires": iso(row.expire_date), "data": tagged(store().decode(row.session_data))}
                for row in Session.objects.order_by("session_key")
            ]
        }
    else:
        found = {}
    if engine in ("cache", "cached_db"):
        import pickle

        found["cache"] = [
            {"key": key, "expires": iso(utc(round(cache._expire_info[key] * 1e6))), "data": tagged(pickle.loads(cache._cache[key]))}
            for key in sorted(cache._cache)
            if cache._expire_info.get(key, -1) > time.time()
        ]
    if engine == "file":
        found["files"] = []
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            with open(path) as file:
                content = file.read()
            found["files"].append(
                {
                    "file": name,
                    "modified": iso(utc(round(os.stat(path).st_mtime * 1e6))),
                    "data": tagged(store().decode(content)) if content else None,
                }
            )
    return found


def respond(step, request, response):
    interrupted = False
    exception = getattr(response, "exception", None)
    try:
        SessionMiddleware(lambda r: response).process_response(request, response)
    except SessionInterrupted:
        interrupted, exception, response = True, None, HttpResponse(status=400)
    except Exception as error:
        exception, response = type(error).__name__, HttpResponse(status=500)
    record = {
        "status": response.status_code,
        "setCookie": [morsel.OutputString() for morsel in response.cookies.values()],
        "vary": response.get("Vary"),
        "interrupted": interrupted,
    }
    if exception:
        record["exception"] = exception
    return response, record


def run_request(step, jar, store):
    name = settings.SESSION_COOKIE_NAME
    path, cookie = step.get("path", "/"), step.get("cookie", "jar")
    jarred = jar.send(path, step.get("secure", True))
    sent = jarred if cookie == "jar" else None if cookie == "none" else cookie["value"]
    request = HttpRequest()
    request.COOKIES = {} if sent is None else {name: sent}
    SessionMiddleware(lambda r: None).process_request(request)
    response = HttpResponse(status=step.get("status", 200))
    results = []
    for action in step.get("actions", []):
        try:
            results.append(tagged(act(request.session, action, store)))
            if action["op"] == "loginRequired" and not results[-1]:
                response = HttpResponse(status=302)
                break
        except (KeyError, TypeError, AttributeError) as error:
            results.append({"error": type(error).__name__})
        except Exception as error:
            response = HttpResponse(status=500)
            response.exception = type(error).__name__
            break
    response, record = respond(step, request, response)
    if cookie == "jar" and name in response.cookies:
        jar.receive(response.cookies[name], path)
    session = request.session
    return {
        "cookieSent": sent,
        "results": results,
        "response": record,
        "session": {"key": session.session_key, "accessed": session.accessed, "modified": session.modified},
    }


def happen(step, jar, store):
    if step.get("closeBrowser"):
        if jar.cookie and jar.cookie["expires"] is None:
            jar.cookie = None
        return "closeBrowser"
    if step.get("clearsessions"):
        type(store()).clear_expired()
        return "clearsessions"
    if step.get("clearCache"):
        cache.clear()
        return "clearCache"
    kind = "deleteRow" if "deleteRow" in step else "deleteSession"
    key = jar.cookie and jar.cookie["value"] if step[kind] == "jar" else step[kind]
    if key and kind == "deleteSession":
        store(key).delete()
    elif key:
        if settings.SESSION_ENGINE.endswith("db"):
            Session.objects.filter(session_key=key).delete()
        path = os.path.join(folder, settings.SESSION_COOKIE_NAME + key)
        if settings.SESSION_ENGINE.endswith(".file") and os.path.isfile(path):
            os.unlink(path)
    return kind


def run(scenario):
    global micros, keys, drawn
    keys, drawn, jar = scenario.get("keys", []), 0, Jar()
    Session.objects.all().delete()
    cache.clear()
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    engine = settings.SESSION_ENGINE.rpartition(".")[2]
    module = import_module(settings.SESSION_ENGINE)

    def store(key=None):
        return module.SessionStore(key)

    timeline = []
    for step in scenario["steps"]:
        micros = 1767225600000000 + round(step["at"] * 1000000)
        record = {"at": step["at"]}
        if "request" in step:
            record.update(run_request(step["request"], jar, store))
        else:
            try:
                record["event"] = happen(step, jar, store)
            except Exception as error:
                record["event"], record["exception"] = "clearsessions", type(error).__name__
        cookie = jar.cookie
        record["jar"] = cookie and {
            "value": cookie["value"],
            "expires": None if cookie["expires"] is None else iso(utc(cookie["expires"])),
        }
        record["store"] = stored(engine, store)
        timeline.append(record)
    return {"title": scenario.get("title", ""), "django": django.__version__, "timeline": timeline}


try:
    for line in sys.stdin:
        scenario = json.loads(line)
        with override_settings(**{"SESSION_FILE_PATH": folder, **scenario.get("settings", {})}):
            os.environ["TZ"] = settings.TIME_ZONE
            time.tzset()
            print(json.dumps(run(scenario)))
finally:
    shutil.rmtree(folder)
