"""Asked by django-stored.test.ts. `write SEED`: what real Django stores for made-up sessions, a JSON object a line.
`check SEED`: reads the same lines as rewritten by the engine from stdin, says which of them Django loads as equal."""
import json
import random
import sys
import warnings

warnings.simplefilter("ignore")
from django.conf import settings

SECRET = "interop-secret-é"
settings.configure(SECRET_KEY=SECRET, USE_TZ=True)
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from django.contrib.sessions.serializers import PickleSerializer
from django.core import signing
from django.test.utils import override_settings

PICKLE = "django.contrib.sessions.serializers.PickleSerializer"
JSON = "django.contrib.sessions.serializers.JSONSerializer"
COOKIE_SALT = "django.contrib.sessions.backends.signed_cookies"
TEXT = ["", "a", "cart", "é", "日本", "\U0001f600", "\x00\x7f\u2028", "x" * 300, "__proto__", "\ud800"]


def value(r, deep, pickled):
    kind = r.randrange(9 if deep else 6)
    if kind == 0:
        return r.choice([None, True, False])
    if kind == 1:
        return r.choice([0, 1, -1, 255, 65536, -(2**31), 2**53 + 1, -(2**63), 2**70, 10**40])
    if kind == 2:
        return r.choice([0.0, -0.0, 1.0, 1e16, 1e-5, 0.1, 1e300, 5e-324, -2.5, float("inf")])
    if kind in (3, 4, 5):
        return r.choice(TEXT)
    if kind == 6:
        return [value(r, deep - 1, pickled) for _ in range(r.randrange(5))]
    if kind == 7 and pickled:
        return tuple(value(r, deep - 1, pickled) for _ in range(r.randrange(5)))
    keys = [r.choice(TEXT) + str(r.randrange(100)) for _ in range(r.randrange(6))]
    return {key: value(r, deep - 1, pickled) for key in keys}


def session(r, pickled):
    made = {"k%d" % i: value(r, 3, pickled) for i in range(r.randrange(8))}
    if pickled and r.randrange(2):
        made[r.choice([1, (1, 2), b"bytes", 2.5])] = b"\x00\xff"
    return made


def forms(seed):
    r = random.Random(seed)
    for index in range(120):
        for serializer in (JSON, PICKLE):
            made = session(r, serializer == PICKLE)
            for form in ("signed", "legacy", "signed_cookies"):
                algorithm = "sha1" if form == "legacy" or index % 5 == 0 else "sha256"
                yield made, serializer, form, algorithm


def store(serializer, algorithm):
    return override_settings(SESSION_SERIALIZER=serializer, DEFAULT_HASHING_ALGORITHM=algorithm)


def encode(made, serializer, form, algorithm):
    if form == "signed_cookies":
        return signing.dumps(made, salt=COOKIE_SALT, compress=True, serializer=SessionStore().serializer)
    if form == "signed" and algorithm == "sha1":
        # 3.1.0 wrote this; 3.2 still reads it.
        return signing.dumps(made, salt=SessionStore().key_salt, compress=True, serializer=SessionStore().serializer)
    return SessionStore().encode(made)


def load(text, form):
    if form == "signed_cookies":
        return signing.loads(text, salt=COOKIE_SALT, serializer=SessionStore().serializer)
    return SessionStore().decode(text)


seed = int(sys.argv[2])
if sys.argv[1] == "write":
    for made, serializer, form, algorithm in forms(seed):
        with store(serializer, algorithm):
            print(json.dumps({"form": form, "serializer": serializer, "algorithm": algorithm,
                              "text": encode(made, serializer, form, algorithm)}))
else:
    wrong = []
    for (made, serializer, form, algorithm), line in zip(forms(seed), sys.stdin):
        with store(serializer, "sha256"):
            got = load(json.loads(line), form)
        if repr(got) != repr(made if serializer == PICKLE else json.loads(json.dumps(made))):
            wrong.append({"form": form, "serializer": serializer, "made": ascii(made), "got": ascii(got)})
    print(json.dumps(wrong))
