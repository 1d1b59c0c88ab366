/** Python that plants every kind of session a store may hold: odd expiries, damage, forgeries, bombs. */
import { oldKey } from "./site.ts";

export const hostileSessions = `
import base64, json, zlib
from datetime import datetime, timedelta, timezone as tz
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.contrib.sessions.serializers import PickleSerializer
from django.core import signing
from django.utils import timezone
alice = User.objects.create(username="alice")
now = timezone.now()

def save(key, data, text=None, delta=None):
    store = SessionStore()
    store.update(data)
    expires = store.get_expiry_date() if delta is None else now + delta
    Session.objects.create(session_key=key, session_data=store.encode(data) if text is None else text, expire_date=expires)

def sign(raw, compressed=False):
    data = base64.urlsafe_b64encode(zlib.compress(raw) if compressed else raw).rstrip(b"=").decode()
    return signing.TimestampSigner(salt="django.contrib.sessions.SessionStore").sign(("." if compressed else "") + data)

save("plain" + "0" * 27, {"_auth_user_id": str(alice.pk), "n": 1, "f": 1.0, "big": 2**70, "nan": float("nan"), "__proto__": {"x": "<b>\\u001b[31m\\u202e"}})
save("browser0" + "0" * 24, {"_session_expiry": 0})
save("seconds0" + "0" * 24, {"_session_expiry": 3600}, delta=timedelta(seconds=3600))
save("fixed000" + "0" * 24, {}, text=SessionStore().encode({"_session_expiry": "2027-01-01T00:00:00+00:00"}), delta=timedelta(days=42))
save("moved000" + "0" * 24, {"a": 1}, delta=timedelta(days=400))
save("expired0" + "0" * 24, {"a": 1}, delta=-timedelta(days=3, hours=4))
save("tampered" + "0" * 24, {"a": 1}, text=SessionStore().encode({"a": 1})[:-3] + "AAA")
save("oldkey00" + "0" * 24, {}, text=signing.dumps({"a": 1}, key=${JSON.stringify(oldKey)}, salt="django.contrib.sessions.SessionStore"))
save("corrupt0" + "0" * 24, {}, text="nothing Django ever wrote")
save("cut00000" + "0" * 24, {}, text=SessionStore().encode({"a": "".join(chr(33 + n) for n in range(90))})[:40])
save("list0000" + "0" * 24, {}, text=sign(b"[1,2]"))
save("deep0000" + "0" * 24, {}, text=sign(b'{"a":' * 100000 + b"1" + b"}" * 100000))
save("bomb0000" + "0" * 24, {}, text=sign(b'{"a":"' + b"x" * (300 * 1024 * 1024) + b'"}', True))
save("huge0000" + "0" * 24, {}, text=sign(b'{"a":"' + b"y" * (37 * 1024 * 1024) + b'"}'))
save("large000" + "0" * 24, {}, text=sign(json.dumps({"_auth_user_id": str(alice.pk), "a": "z" * 100000}).encode()))
save("megabyte" + "0" * 24, {}, text=sign(json.dumps({"_auth_user_id": str(alice.pk), "a": "z" * 3000000}).encode()))
store = SessionStore(); store.serializer = PickleSerializer
save("pickle00" + "0" * 24, {}, text=store.encode({"when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=tz.utc), "t": (1, 2)}))
`;
