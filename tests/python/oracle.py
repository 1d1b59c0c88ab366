"""What real Python and real Django answer, one JSON object per line in, one per line out."""

import base64
import datetime
import decimal
import json
import pickle
import sys
import uuid

from django.contrib.sessions.serializers import JSONSerializer

made = []


def seconds(value):
    """A number or a text of seconds, to the microsecond."""
    with decimal.localcontext() as context:
        context.prec = 50
        exact = decimal.Decimal(value if isinstance(value, str) else repr(value))
        return datetime.timedelta(microseconds=int(exact * 1000000))


def untag(pairs):
    found = dict(pairs)
    if "$type" not in found:
        return found
    kind, value = found["$type"], found.get("value")
    if kind in ("datetime", "time"):
        cls = getattr(datetime, kind)
        return cls.fromisoformat(value).replace(fold=found.get("fold", 0))
    return {
        "float": float,
        "tuple": tuple,
        "set": set,
        "frozenset": frozenset,
        "bytes": base64.b64decode,
        "bytearray": lambda text: bytearray(base64.b64decode(text)),
        "date": datetime.date.fromisoformat,
        "timedelta": seconds,
        "decimal": decimal.Decimal,
        "uuid": uuid.UUID,
        "complex": complex,
        "dict": lambda items: {key: item for key, item in items},
    }[kind](value)


def read(text):
    return json.loads(text, object_pairs_hook=untag)


def canon(value):
    """A text equal only for values equal in value, type and order, throughout; sets have no order."""
    name = type(value).__name__
    if isinstance(value, dict):
        return "%s{%s}" % (name, ",".join(canon(k) + ":" + canon(v) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return "%s[%s]" % (name, ",".join(map(canon, value)))
    if isinstance(value, (set, frozenset)):
        return "%s<%s>" % (name, ",".join(sorted(map(canon, value))))
    if isinstance(value, (datetime.datetime, datetime.time)):
        return "%s %s %d" % (name, value.isoformat(), value.fold)
    return name + " " + repr(value)


def django_json(value):
    try:
        return JSONSerializer().dumps(value).decode("latin-1")
    except (TypeError, ValueError):
        return None


def make(request):
    made[:] = [read(text) for text in request["values"]]
    return [
        {
            "pickles": [base64.b64encode(pickle.dumps(value, p)).decode() for p in range(6)],
            "json": django_json(value),
        }
        for value in made
    ]


def check(request):
    """What came back wrong, by index and name."""
    bad = []
    for index, answer in enumerate(request["items"]):
        value = made[index]
        for name in ("again", "fresh"):
            for protocol, text in enumerate(answer[name]):
                # Below protocol 4 Python itself drops the fold of a datetime.
                expected = value if name == "fresh" else pickle.loads(pickle.dumps(value, protocol))
                got = canon(pickle.loads(base64.b64decode(text)))
                if got != canon(expected):
                    bad.append([index, "%s, protocol %d" % (name, protocol), got, canon(expected)])
    return bad


def loads(request):
    """Django's JSON of each text as read by Django, or null where it refuses."""
    answers = []
    for text in request["texts"]:
        try:
            answers.append(django_json(JSONSerializer().loads(text.encode("latin-1"))))
        except (ValueError, RecursionError):
            answers.append(None)
    return answers


def evaluate(request):
    """A pickle of each expression at each protocol; of what a pickle holds, the expression's value."""
    scope = {}
    for name in request.get("imports", []):
        scope[name] = __import__(name)
    if "pickle" in request:
        scope["x"] = pickle.loads(base64.b64decode(request["pickle"]))
        return repr(eval(request["expression"], scope))
    exec(request.get("setup", ""), scope)
    value = eval(request["expression"], scope)
    return [base64.b64encode(pickle.dumps(value, p)).decode() for p in range(6)]


for line in sys.stdin:
    request = json.loads(line)
    try:
        act = {"make": make, "check": check, "loads": loads, "evaluate": evaluate}[request["op"]]
        answer = {"answer": act(request)}
    except Exception as error:
        answer = {"error": repr(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
