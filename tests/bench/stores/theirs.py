"""Django's side of the benchmark of SQL servers: `build`, `refill`, `first`, `scan`, `purge`, `save` and `renew`, one JSON object on stdout."""
import datetime
import json
import random
import resource
import sys
import threading
import time

import django

django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

NOW = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)
KINDS = 2000


def value(rnd, user):
    """About 600 stored bytes, compressed: a user, the hash of their password, a CSRF secret, a cart."""
    return {
        "_auth_user_id": str(user),
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


def fill(first, count):
    """Rows [first, count): made one after the other over four weeks, a third renewed since; data of KINDS sessions in turn."""
    postgres = connection.vendor == "postgresql"
    place = "CASE WHEN MOD(n, 3) = 0 THEN (MOD(n * 7919, {c})) / {c} ELSE n / {c} END".format(c="%d.0" % count)
    seconds = "28 * 86400 * (%s - 0.5)" % place
    with connection.cursor() as cursor:
        if postgres:
            rows = "SELECT n::numeric AS n FROM generate_series(%d, %d) AS n" % (first, count - 1)
            expires = "timestamptz '2026-11-01 00:00:00Z' + interval '1 second' * (%s)" % seconds
        else:
            rows = "SELECT seq AS n FROM seq_%d_to_%d" % (first, count - 1)
            expires = "TIMESTAMP'2026-11-01 00:00:00' + INTERVAL (%s) SECOND" % seconds
        cursor.execute(
            "%s INTO django_session SELECT %s, kind.data, %s FROM (%s) AS made JOIN kind ON kind.id = MOD(made.n, %d) %s"
            % (
                "INSERT" if postgres else "INSERT IGNORE",
                "md5(n::text)" if postgres else "MD5(n)",
                expires,
                rows,
                KINDS,
                "ON CONFLICT DO NOTHING" if postgres else "",
            )
        )
        cursor.execute("VACUUM ANALYZE django_session" if postgres else "ANALYZE TABLE django_session")
    return {"rows": Session.objects.count(), "expired": Session.objects.filter(expire_date__lt=NOW).count()}


def build(count):
    call_command("migrate", verbosity=0)
    rnd = random.Random(1)
    store = SessionStore()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kind (id integer PRIMARY KEY, data text NOT NULL)")
        cursor.executemany("INSERT INTO kind VALUES (%s, %s)", [(n, store.encode(value(rnd, n))) for n in range(KINDS)])
    return fill(0, count)


def first(_):
    """Milliseconds to the first 100 rows, decoded."""
    Session.objects.first()
    taken = []
    for _ in range(15):
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
    start = time.perf_counter()
    SessionStore.clear_expired()
    return {"seconds": time.perf_counter() - start}


def again_and_again(work):
    """Until stdin closes; how long each turn took."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print("ready", flush=True)
    waits = []
    while not ended.is_set():
        start = time.perf_counter()
        work(len(waits))
        waits.append((time.perf_counter() - start) * 1000)
        time.sleep(0.005)
    waits.sort()
    return {"longest": waits[-1], "median": waits[len(waits) // 2], "turns": len(waits)}


def save(_):
    """A visitor of the site: saves a session of their own."""
    session = SessionStore()
    session.save()

    def work(turn):
        session["n"] = turn
        session.save()

    return again_and_again(work)


def renew(_):
    """A request that began before its session expired: saves it while it may be being deleted."""
    rnd = random.Random(2)
    keys = list(Session.objects.filter(expire_date__lt=NOW).values_list("session_key", flat=True)[::97])
    rnd.shuffle(keys)
    later = NOW + datetime.timedelta(days=14)
    return again_and_again(lambda turn: Session.objects.filter(session_key=keys[turn % len(keys)]).update(expire_date=later))


verbs = {"build": lambda a: build(int(a)), "refill": lambda a: fill(0, int(a)), "first": first, "scan": scan, "purge": purge, "save": save, "renew": renew}
result = verbs[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
used = resource.getrusage(resource.RUSAGE_SELF)
result["cpu"] = used.ru_utime + used.ru_stime
print(json.dumps(result))
