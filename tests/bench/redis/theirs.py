"""Python's side of the Redis benchmark: `build` and `scan`, one JSON object on stdout. redis-py, hiredis, C pickle."""
import json
import pickle
import random
import resource
import sys
import time

import hiredis  # noqa: F401  redis-py parses with it where it is installed
import redis

START = ":1:django.contrib.sessions.cache"
verb, port, argument = sys.argv[1], int(sys.argv[2]), sys.argv[3]
client = redis.Redis(port=port)


def value(rnd, users):
    """About 700 bytes pickled: a user, the hash of their password, a CSRF secret, a cart."""
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
        "last_activity": "2026-10-%02dT%02d:%02d:00Z" % (rnd.randrange(1, 29), rnd.randrange(24), rnd.randrange(60)),
    }


def build(count):
    rnd = random.Random(1)
    users = max(count // 20, 1)
    for start in range(0, count, 5000):
        pipe = client.pipeline(transaction=False)
        for _ in range(start, min(start + 5000, count)):
            pickled = pickle.dumps(value(rnd, users), pickle.HIGHEST_PROTOCOL)
            pipe.set(START + "%032x" % rnd.getrandbits(128), pickled, ex=rnd.randrange(86400, 1209600))
        pipe.execute()
    return {}


def scan(user):
    """SCAN and MGET as a script would, a thousand at a time, which redis-py is quickest with."""
    started, cpu = time.perf_counter(), time.process_time()
    rows = matched = 0
    cursor = 0
    while True:
        cursor, keys = client.scan(cursor, match=START + "*", count=1000)
        for raw in client.mget(keys) if keys else ():
            if raw is None:
                continue
            rows += 1
            if pickle.loads(raw).get("_auth_user_id") == user:
                matched += 1
        if cursor == 0:
            break
    return {"rows": rows, "matched": matched, "seconds": time.perf_counter() - started, "cpuSeconds": time.process_time() - cpu}


result = build(int(argument)) if verb == "build" else scan(argument)
usage = resource.getrusage(resource.RUSAGE_SELF)
result["peakMb"] = usage.ru_maxrss / 1024
print(json.dumps(result))
