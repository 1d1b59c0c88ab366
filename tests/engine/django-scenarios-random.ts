/** A scenario out of a seed: any engine, any setting, any action, times that meet expiries. */

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** mulberry32 */
function source(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const engines = ["db", "cached_db", "cache", "file", "signed_cookies"] as const;
const names = ["a", "b", "counter", "_session_expiry", "", "__proto__", "1", "k k"];
const values: Json[] = [
  0,
  1,
  -5,
  1.5,
  true,
  null,
  "",
  "text",
  "é☃😀",
  [],
  [1, [2]],
  {},
  { x: { y: 1 } },
  "x".repeat(300),
  2 ** 40,
];

/** Without real Django's parts that need Python code; the same seed gives the same scenario. */
export function randomScenario(seed: number): Json {
  const random = source(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (odds: number): boolean => random() < odds;

  const action = (): Json => {
    const key = pick(names);
    const seconds: Json = pick([
      0,
      1,
      30,
      60,
      -1,
      300,
      1.5,
      0.5,
      3600,
      null,
      true,
      false,
      86400 * 400,
      30.25,
    ]);
    const choices: (() => Json)[] = [
      () => ({ op: "set", key, value: pick(values) }),
      () => ({ op: "set", key: pick(["a", "b"]), value: pick(values) }),
      () => ({ op: "increment", key: pick(["counter", "a"]) }),
      () => ({ op: "get", key }),
      () => ({ op: "get", key, default: pick(values) }),
      () => ({ op: "getItem", key }),
      () => ({ op: "has", key }),
      () => ({ op: "delete", key }),
      () => ({ op: "pop", key }),
      () => ({ op: "pop", key, default: pick(values) }),
      () => ({ op: "setdefault", key: pick(["a", "b"]), value: pick(values) }),
      () => ({ op: "update", value: pick<Json>([{}, { a: 2 }, { b: [1], c: null }]) }),
      () => ({ op: "setIn", key: pick(["a", "b"]), field: "x", value: 1 }),
      () => ({ op: "setExpiry", seconds }),
      () => ({ op: "setExpiry", timedelta: pick([60, -10, 0.5, 90061.25, 3600]) }),
      () => ({
        op: "setExpiry",
        datetime: pick([
          "2026-01-01T00:10:00Z",
          "2025-12-31T00:00:00+00:00",
          "2026-01-01T05:00:00.250000+02:00",
        ]),
      }),
      () => ({ op: "login", user: pick([1, 2]), hash: pick(["h", "h2", ""]) }),
      ...[
        "markModified",
        "clear",
        "flush",
        "cycleKey",
        "keys",
        "isEmpty",
        "save",
        "getExpiryAge",
        "getExpiryDate",
      ].map((op) => () => ({ op })),
      ...[
        "getExpireAtBrowserClose",
        "setTestCookie",
        "testCookieWorked",
        "deleteTestCookie",
        "logout",
        "deleteRow",
        "loginRequired",
      ].map((op) => () => ({ op })),
    ];
    return pick(choices)();
  };

  const engine = pick(engines);
  const settings: { [name: string]: Json } = {
    SESSION_ENGINE: `django.contrib.sessions.backends.${engine}`,
    SESSION_COOKIE_AGE: pick([30, 60, 300, 1209600, 0, 31536000]),
  };
  if (chance(0.3)) settings.SESSION_SAVE_EVERY_REQUEST = true;
  if (chance(0.2)) settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = true;
  if (chance(0.1)) settings.SESSION_COOKIE_PATH = pick(["/app/", "/app", null]);
  if (chance(0.1)) settings.SESSION_COOKIE_SECURE = true;
  if (chance(0.1)) settings.SESSION_COOKIE_HTTPONLY = false;
  if (chance(0.2))
    settings.SESSION_COOKIE_SAMESITE = pick(["Strict", "None", "lax", null, false, "odd"]);
  if (chance(0.1)) settings.SESSION_COOKIE_NAME = pick(["sid", "__Host-s", "__Secure-s"]);
  if (chance(0.1)) settings.SESSION_COOKIE_DOMAIN = pick([".example.com", ""]);
  if (chance(0.2)) settings.USE_TZ = false;
  if (chance(0.2)) settings.TIME_ZONE = pick(["America/New_York", "Asia/Kolkata"]);
  if (chance(0.3))
    settings.SESSION_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer";
  if (chance(0.1)) settings.DEFAULT_HASHING_ALGORITHM = "sha1";

  let at = 0;
  const steps: Json[] = [];
  for (let count = 2 + Math.floor(random() * 7); count > 0; count--) {
    at += pick([0, 1, 5, 0.25, 29, 30, 31, 60, 299.5, 1800, 86400, 1209600]);
    const kind = random();
    if (kind < 0.06) steps.push({ at, closeBrowser: true });
    else if (kind < 0.14) steps.push({ at, clearsessions: true });
    else if (kind < 0.18) steps.push({ at, deleteSession: "jar" });
    else if (kind < 0.2) steps.push({ at, clearCache: true });
    else if (kind < 0.22) steps.push({ at, deleteRow: "jar" });
    else {
      const request: { [name: string]: Json } = {
        actions: Array.from({ length: Math.floor(random() * 5) }, action),
      };
      if (chance(0.15)) request.status = pick([404, 500, 503, 302]);
      if (chance(0.15)) request.path = pick(["/app/x", "/app", "/", "/other"]);
      if (chance(0.05)) request.secure = false;
      if (chance(0.15))
        request.cookie = pick<Json>([
          "none",
          { value: "short" },
          { value: "unknown-key-unknown-key" },
          { value: "auto0000000000000000000000000001" },
          { value: "" },
        ]);
      steps.push({ at, request });
    }
  }
  return { title: `seed ${seed}`, django: "3.2", settings, steps };
}
