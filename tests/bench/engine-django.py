"""The other side of tests/bench/engine.ts: real Django and CPython's C pickle over the same sessions, one thread.
Prints a JSON object: rates per second, and what Django and pickle wrote."""
import base64
import json
import pickle
import random
import time

from django.conf import settings

settings.configure(SECRET_KEY="bench-secret-key", USE_TZ=True)
from django.contrib.sessions.backends.db import SessionStore

COUNT = 2000
SECONDS = 1.5


def session(r):
    made = {}
    if r.random() < 0.6:
        made["_auth_user_id"] = str(r.randrange(1, 200000))
        made["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        made["_auth_user_hash"] = "%064x" % r.getrandbits(256)
    if r.random() < 0.5:
        made["cart"] = {
            "id": r.randrange(100000), "currency": "EUR", "total": "%.2f" % (r.random() * 300),
            "items": [{"sku": "A-%d" % r.randrange(9999), "qty": r.randrange(1, 5), "price": round(r.random() * 90, 2)}
                      for _ in range(r.randrange(1, 8))],
            "updated_at": "2026-11-%02dT14:51:07.216Z" % r.randrange(1, 28),
        }
    if r.random() < 0.4:
        made["_csrftoken"] = "%032x" % r.getrandbits(128)
    if r.random() < 0.3:
        made["recently_viewed"] = [r.randrange(100000) for _ in range(r.randrange(1, 20))]
    if r.random() < 0.2:
        made["_messages"] = '[["__json_message", 0, 25, "Profile updated", ""]]'
    made.setdefault("utm_source", r.choice(["newsletter", "search", "direct"]))
    return made


def rate(work, items):
    for item in items:
        work(item)
    done, start = 0, time.thread_time()
    while time.thread_time() - start < SECONDS:
        for item in items:
            work(item)
        done += len(items)
    return done / (time.thread_time() - start)


r = random.Random(20261120)
sessions = [session(r) for _ in range(COUNT)]
store = SessionStore()
texts = [store.encode(made) for made in sessions]
pickles = [pickle.dumps(made, pickle.HIGHEST_PROTOCOL) for made in sessions]
assert all(store.decode(text) == made for text, made in zip(texts, sessions))
import django, platform
print(json.dumps({
    "django": django.__version__, "python": platform.python_version(),
    "decode": rate(store.decode, texts),
    "decodePlain": rate(store.decode, [text for text in texts if text[0] != "."]), "encode": rate(store.encode, sessions),
    "loads": rate(pickle.loads, pickles), "dumps": rate(pickle.dumps, sessions),
    "texts": texts, "pickles": [base64.b64encode(p).decode() for p in pickles],
}))
