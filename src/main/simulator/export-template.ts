/** The Python around an exported scenario. Runs with `manage.py test`, in Django 3.2 and later. */
export interface TestParts {
  readonly title: string;
  readonly className: string;
  readonly method: string;
  /** The release the simulator stood for. */
  readonly django: string;
  /** Lines of a dict, indented. */
  readonly settings: string;
  readonly keys: string;
  /** Statements, indented. */
  readonly steps: string;
}

export const testCode = ({
  title,
  className,
  method,
  django,
  settings,
  keys,
  steps,
}: TestParts): string => `"""${title === "" ? "A scenario" : title}: written by Sessionscope.

Asserts what Django ${django} does with this project's SessionMiddleware under the settings below. The clock and the
session keys are the test's own; the view is the list of actions of each request. Put the file beside the project's
other tests and run: python manage.py test
"""
import datetime
import os
import shutil
import tempfile
import time
from importlib import import_module
from unittest import mock

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import base
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.test import TestCase, override_settings
from django.utils import timezone

SETTINGS = {
${settings}
}
KEYS = ${keys}
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
ABSENT = object()


def text(moment):
    """A moment as the simulator writes it."""
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment, timezone.get_default_timezone())
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@override_settings(**SETTINGS)
class ${className}(TestCase):
    def setUp(self):
        self.micros = self.drawn = 0
        self.jar = None
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        for patch in (
            override_settings(SESSION_FILE_PATH=self.folder),
            mock.patch.object(timezone, "now", self.now),
            mock.patch.object(time, "time", lambda: self.micros / 1e6),
            mock.patch.object(base, "get_random_string", self.draw),
        ):
            patch.__enter__()
            self.addCleanup(patch.__exit__, None, None, None)
        caches[settings.SESSION_CACHE_ALIAS].clear()
        self.store = import_module(settings.SESSION_ENGINE).SessionStore
        # The file engine keeps its folder from the first use on.
        if hasattr(self.store, "_storage_path"):
            del self.store._storage_path

    def now(self):
        moment = EPOCH + datetime.timedelta(microseconds=self.micros)
        if settings.USE_TZ:
            return moment
        return timezone.make_naive(moment, timezone.get_default_timezone())

    def draw(self, *args, **kwargs):
        self.drawn += 1
        return KEYS[self.drawn - 1] if self.drawn <= len(KEYS) else "auto" + str(self.drawn).zfill(28)

    def at(self, micros):
        self.micros = micros

    def begin(self, data, key, expires, cookie):
        """A session that is there at the start, as Django would have saved it."""
        session = self.store()
        with mock.patch.object(base, "get_random_string", (lambda *args, **kwargs: key) if key else self.draw):
            session.update(data)
            session.save()
        self.date_files()
        if expires is not None:
            end = EPOCH + datetime.timedelta(microseconds=expires)
            if not settings.USE_TZ:
                end = timezone.make_naive(end, timezone.get_default_timezone())
            Session.objects.filter(session_key=session.session_key).update(expire_date=end)
            if hasattr(session, "cache_key"):
                cache = caches[settings.SESSION_CACHE_ALIAS]
                cache.set(session.cache_key, data, (expires - self.micros) / 1e6)
        if cookie:
            lasts = not session.get_expire_at_browser_close()
            self.jar = {
                "value": session.session_key,
                "expires": self.micros + int(session.get_expiry_age()) * 1000000 if lasts else None,
                "path": settings.SESSION_COOKIE_PATH or "/",
                "secure": settings.SESSION_COOKIE_SECURE,
            }

    # The browser: one cookie.

    def send(self, path, secure):
        jar = self.jar
        if jar and jar["expires"] is not None and jar["expires"] <= self.micros:
            jar = self.jar = None
        if not jar or (jar["secure"] and not secure):
            return None
        inside = path.startswith(jar["path"]) and (jar["path"].endswith("/") or path[len(jar["path"]) :][:1] in ("", "/"))
        return jar["value"] if inside else None

    def receive(self, cookie, path):
        age = cookie["max-age"]
        expires = None if age == "" else self.micros + int(age) * 1000000
        self.jar = {
            "value": cookie.coded_value,
            "expires": expires,
            "path": cookie["path"] or path[: path.rfind("/")] or "/",
            "secure": bool(cookie["secure"]),
        }
        if expires is not None and expires <= self.micros:
            self.jar = None

    def close_browser(self):
        if self.jar and self.jar["expires"] is None:
            self.jar = None

    # What happens to the store by itself.

    def clearsessions(self):
        self.store.clear_expired()

    def clear_cache(self):
        caches[settings.SESSION_CACHE_ALIAS].clear()

    def delete_session(self, key):
        key = self.jar and self.jar["value"] if key == "jar" else key
        if key:
            self.store(key).delete()

    def delete_row(self, key):
        key = self.jar and self.jar["value"] if key == "jar" else key
        Session.objects.filter(session_key=key).delete()
        path = os.path.join(self.folder, settings.SESSION_COOKIE_NAME + str(key))
        if os.path.exists(path):
            os.unlink(path)

    # A request through the middleware.

    def request(self, method, path, actions, status, secure, cookie=ABSENT):
        jarred = self.send(path, secure)
        sent = jarred if cookie is ABSENT else cookie
        self.sent = "signed" if sent and settings.SESSION_ENGINE.endswith("signed_cookies") else sent
        self.results = []
        request = HttpRequest()
        request.method, request.path = method, path
        request.COOKIES = {} if sent is None else {settings.SESSION_COOKIE_NAME: sent}
        middleware = SessionMiddleware(lambda request: None)
        middleware.process_request(request)
        response = HttpResponse(status=status)
        for op, given in actions:
            try:
                result = getattr(self, "do_" + op)(request.session, **given)
                self.results.append(text(result) if isinstance(result, datetime.datetime) else result)
                if op == "login_required" and not result:
                    response = HttpResponse(status=302)
                    break
            except (KeyError, TypeError, AttributeError) as error:
                self.results.append({"error": type(error).__name__})
            except Exception:
                response = HttpResponse(status=500)
                break
        try:
            middleware.process_response(request, response)
        except Exception as error:
            interrupted = type(error).__name__ == "SessionInterrupted"
            response = HttpResponse(status=400 if interrupted else 500)
        name = settings.SESSION_COOKIE_NAME
        if cookie is ABSENT and name in response.cookies:
            self.receive(response.cookies[name], path)
        self.date_files()
        self.key = request.session.session_key
        return response

    def date_files(self):
        """Files written just now get the test's time."""
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if os.stat(path).st_mtime > self.micros / 1e6 + 1:
                os.utime(path, (self.micros / 1e6, self.micros / 1e6))

    def cookies(self, response):
        """Set-Cookie headers from their first attribute on."""
        headers = [morsel.OutputString() for morsel in response.cookies.values()]
        return [header[header.index(";") :] if ";" in header else "" for header in headers]

    # What is stored.

    def rows(self):
        rows = Session.objects.order_by("session_key")
        return [[row.session_key, text(row.expire_date), self.store().decode(row.session_data)] for row in rows]

    def cached(self):
        import pickle

        cache = caches[settings.SESSION_CACHE_ALIAS]
        live = [key for key in sorted(cache._cache) if (cache._expire_info.get(key) or 9e99) > time.time()]
        return [pickle.loads(cache._cache[key]) for key in live]

    def files(self):
        found = []
        for name in sorted(os.listdir(self.folder)):
            with open(os.path.join(self.folder, name)) as file:
                content = file.read()
            found.append([name, self.store().decode(content) if content else None])
        return found

    # What a view does with its session.

    def do_set(self, session, key, value):
        session[key] = value

    def do_set_in(self, session, key, field, value):
        session[key][field] = value

    def do_mark_modified(self, session):
        session.modified = True

    def do_increment(self, session, key):
        session[key] = session.get(key, 0) + 1
        return session[key]

    def do_get(self, session, key, default=None):
        return session.get(key, default)

    def do_get_item(self, session, key):
        return session[key]

    def do_has(self, session, key):
        return key in session

    def do_delete(self, session, key):
        del session[key]

    def do_pop(self, session, key, **default):
        return session.pop(key, *default.values())

    def do_setdefault(self, session, key, value):
        return session.setdefault(key, value)

    def do_update(self, session, value):
        session.update(value)

    def do_clear(self, session):
        session.clear()

    def do_flush(self, session):
        session.flush()

    def do_cycle_key(self, session):
        session.cycle_key()

    def do_keys(self, session):
        return list(session.keys())

    def do_is_empty(self, session):
        return session.is_empty()

    def do_save(self, session):
        session.save()

    def do_set_expiry(self, session, seconds=None, timedelta=None, datetime=None):
        if datetime is not None:
            session.set_expiry(_datetime.fromisoformat(datetime.replace("Z", "+00:00")))
        elif timedelta is not None:
            session.set_expiry(_timedelta(seconds=timedelta))
        else:
            session.set_expiry(seconds)

    def do_get_expiry_age(self, session):
        return session.get_expiry_age()

    def do_get_expiry_date(self, session):
        return session.get_expiry_date()

    def do_get_expire_at_browser_close(self, session):
        return session.get_expire_at_browser_close()

    def do_set_test_cookie(self, session):
        session.set_test_cookie()

    def do_test_cookie_worked(self, session):
        return session.test_cookie_worked()

    def do_delete_test_cookie(self, session):
        session.delete_test_cookie()

    def do_login(self, session, user, hash):
        """django.contrib.auth.login, without a user to look up."""
        if SESSION_KEY in session:
            if session[SESSION_KEY] != str(user) or (hash and session.get(HASH_SESSION_KEY, "") != hash):
                session.flush()
        else:
            session.cycle_key()
        session[SESSION_KEY] = str(user)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = hash

    def do_logout(self, session):
        session.flush()

    def do_delete_row(self, session):
        if session.session_key:
            self.store(session.session_key).delete()

    def do_login_required(self, session):
        return SESSION_KEY in session

    def ${method}(self):
${steps}


_datetime, _timedelta = datetime.datetime, datetime.timedelta
`;
