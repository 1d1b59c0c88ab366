"""Django's side of the SQLite benchmark: `build`, `first`, `scan`, `purge` and `write`, one JSON object on stdout."""
import datetime
import json
import os
import random
import resource
import sys
import time

import django

django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

NOW = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)


def value(rnd, users):
    """About 600 stored bytes, compressed: a user, the hash of their password, a CSRF secret, a cart."""
    return {
        "_auth_user_id": str(rnd.randrange(1, users + 1)),
        "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
        "_auth_user_hash": "%064x" % rnd.getrandbits(256),
        "_csrftoken": "%032x" % rnd.getrandbits(128),
        "cart": {
            "items": [
                {"sku": "%08X" % rnd.getrandbits(32), "quantity": rnd.randrange(1, 5), "price": "%d.%02d" % (rnd.randrange(1, 900), rnd.randrange(100))}
                for _ in range(6)
            ],
            "currency": "EUR",
        },
        "recently_viewed": ["/shop/%x/" % rnd.getrandbits(40) for _ in range(8)],
        "django_timezone": "Europe/Berlin",
        "last_activity": "2026-10-%02dT%02d:%02d:00Z" % (rnd.randrange(1, 29), rnd.randrange(24), rnd.randrange(60)),
    }


def build(count):
    """Half expired. Made one after the other over four weeks for two weeks each; a third was renewed since."""
    call_command("migrate", verbosity=0)
    rnd = random.Random(1)
    users = max(count // 20, 1)
    store = SessionStore()
    span = 28 * 86400
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = OFF")
        for start in range(0, count, 10_000):
            rows = []
            for index in range(start, min(start + 10_000, count)):
                place = rnd.random() if rnd.random() < 1 / 3 else index / count
                expires = NOW + datetime.timedelta(seconds=span * (place - 0.5), microseconds=rnd.randrange(10**6))
                rows.append(("%032x" % rnd.getrandbits(128), store.encode(value(rnd, users)), expires.strftime("%Y-%m-%d %H:%M:%S.%f")))
            cursor.execute("BEGIN")
            cursor.executemany("INSERT INTO django_session VALUES (%s, %s, %s)", rows)
            cursor.execute("COMMIT")
    return {}


def first(times):
    """Milliseconds to the first 100 rows, decoded."""
    Session.objects.first()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        for row in Session.objects.order_by("-expire_date")[:100]:
            row.get_decoded()
        taken.append((time.perf_counter() - start) * 1000)
    return {"ms": taken}


def scan(user):
    start = time.perf_counter()
    rows = matched = 0
    for row in Session.objects.iterator():
        rows += 1
        if row.get_decoded().get("_auth_user_id") == user:
            matched += 1
    return {"rows": rows, "matched": matched, "seconds": time.perf_counter() - start}


def purge(_):
    timezone.now = lambda: NOW
    before = Session.objects.count()
    start = time.perf_counter()
    SessionStore.clear_expired()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "deleted": before - Session.objects.count()}


def write(_):
    """Saves a session again and again until stdin closes, and tells how long the slowest save took."""
    import threading

    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    session = SessionStore()
    session.save()
    print("ready", flush=True)
    waits = []
    while not ended.is_set():
        session["n"] = len(waits)
        start = time.perf_counter()
        session.save()
        waits.append((time.perf_counter() - start) * 1000)
        time.sleep(0.005)
    waits.sort()
    return {"longest": waits[-1], "median": waits[len(waits) // 2], "saves": len(waits)}


verb, argument = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
result = {"build": lambda: build(int(argument)), "first": lambda: first(int(argument)), "scan": lambda: scan(argument), "purge": lambda: purge(argument), "write": lambda: write(argument)}[verb]()
used = resource.getrusage(resource.RUSAGE_SELF)
result["peakMb"] = used.ru_maxrss / 1024
result["cpu"] = used.ru_utime + used.ru_stime
print(json.dumps(result))
