/** The sessions of the demo store: a shop's, some days old, some broken in the ways sessions break. */
import { keyAlphabet, keyLength } from "../engine/keys.ts";
import { writeStored } from "../engine/write.ts";
import {
  PyDatetime,
  PyDecimal,
  type PyDict,
  PyFloat,
  PySet,
  PyTuple,
  type PyValue,
} from "../python/value.ts";
import { type Chance, chance } from "./demo-random.ts";

/** `resources/demo-recipe.json`. Its keys are no secrets: they sign nothing but this. */
export interface DemoRecipe {
  seed: number;
  secretKey: string;
  fallbacks: string[];
  foreignKey: string;
  rotatedDaysAgo: number;
  counts: Record<
    | "signedIn"
    | "cart"
    | "visitor"
    | "browser"
    | "seconds"
    | "date"
    | "legacy"
    | "pickle"
    | "foreign"
    | "tampered"
    | "corrupt",
    number
  >;
  staff: string[];
  superuser: string;
  /** Username, first name, last name; ids count from 1. */
  users: [string, string, string][];
  /** SKU, title, price. */
  products: [string, string, string][];
  sources: string[];
  paths: string[];
  messages: string[];
  languages: string[];
}

export interface DemoSession {
  key: string;
  data: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const TWO_WEEKS = 14 * DAY;

/** All of them, around `now` (milliseconds since the epoch); the same but for the moment each time. */
export function demoSessions(recipe: DemoRecipe, now: number): DemoSession[] {
  const luck = chance(recipe.seed);
  const { counts } = recipe;
  const rotated = now - recipe.rotatedDaysAgo * DAY;
  const fallback = recipe.fallbacks[0] ?? recipe.secretKey;
  const sessions: DemoSession[] = [];

  type How = Partial<Parameters<typeof writeStored>[1]>;
  const add = (value: PyDict, saved: number, life = TWO_WEEKS, how: How = {}): DemoSession => {
    const data = writeStored(value, {
      encoding: "signed",
      serializer: "json",
      secretKey: saved < rotated ? fallback : recipe.secretKey,
      now: BigInt(Math.round(saved)) * 1000n,
      ...how,
    });
    if (typeof data !== "string") throw new Error("The demo store holds text.");
    const key = luck.text(keyAlphabet, keyLength);
    const session = { key, data, expires: Math.round(saved + life) };
    sessions.push(session);
    return session;
  };
  /** Saved within two weeks as a rule, every fourth time before that and so expired. */
  const savedAt = (): number => {
    const old = luck.next() < 0.25;
    const days = old ? 14 + luck.next() ** 1.5 * 26 : luck.next() ** 1.7 * 13.9;
    return now - days * DAY - luck.int(SECOND);
  };

  for (let n = 0; n < counts.signedIn; n++) add(signedIn(recipe, luck), savedAt());
  for (let n = 0; n < counts.cart; n++) add(cart(recipe, luck), savedAt());
  for (let n = 0; n < counts.visitor; n++) add(visitor(recipe, luck), savedAt());
  for (let n = 0; n < counts.browser; n++)
    add(withExpiry(luck.next() < 0.5 ? signedIn(recipe, luck) : cart(recipe, luck), 0), savedAt());
  for (let n = 0; n < counts.seconds; n++) {
    const seconds = luck.pick([900, 3600, 3600, 86_400, 2_592_000, 31_536_000]);
    const saved = now - luck.next() ** 2 * Math.min(seconds * 1.6 * SECOND, 30 * DAY);
    add(withExpiry(signedIn(recipe, luck), seconds), saved, seconds * SECOND);
  }
  for (let n = 0; n < counts.date; n++) {
    const ends = Math.floor((now + (luck.next() * 40 - 8) * DAY) / SECOND) * SECOND;
    const saved = Math.min(now, ends) - luck.next() * 3 * DAY;
    const iso = new Date(ends).toISOString().replace(".000Z", "+00:00");
    add(withExpiry(signedIn(recipe, luck), iso), saved, ends - saved);
  }
  for (let n = 0; n < counts.legacy; n++)
    add(visitor(recipe, luck), savedAt(), TWO_WEEKS, {
      encoding: "legacy",
      secretKey: fallback,
    });
  for (let n = 0; n < counts.pickle; n++)
    add(pickled(recipe, luck), savedAt(), TWO_WEEKS, { serializer: "pickle", protocol: 4 });
  for (let n = 0; n < counts.foreign; n++)
    add(signedIn(recipe, luck), now - luck.next() * 5 * DAY, TWO_WEEKS, {
      secretKey: recipe.foreignKey,
    });
  for (let n = 0; n < counts.tampered; n++)
    tamper(add(plain(recipe, luck), now - n * HOUR - HOUR, TWO_WEEKS, { compress: false }));
  for (let n = 0; n < counts.corrupt; n++) cut(add(cart(recipe, luck), now - n * DAY - HOUR));
  add(large(luck), now - 2 * HOUR);
  add(odd(), now - 3 * HOUR);
  return sessions;
}

const py = (value: unknown): PyValue => {
  if (Array.isArray(value)) return value.map(py);
  if (value !== null && typeof value === "object") return dict(value);
  return value as PyValue;
};
const dict = (value: object): PyDict =>
  new Map(Object.entries(value).map(([key, item]) => [key, py(item)]));

const withExpiry = (value: PyDict, expiry: PyValue): PyDict => value.set("_session_expiry", expiry);

const auth = (id: number, luck: Chance) => ({
  _auth_user_id: String(id),
  _auth_user_backend: "django.contrib.auth.backends.ModelBackend",
  _auth_user_hash: luck.text("0123456789abcdef", 64),
});

function signedIn(recipe: DemoRecipe, luck: Chance): PyDict {
  // A few people have many devices.
  const id = 1 + Math.floor(luck.next() ** 1.6 * recipe.users.length);
  const value: Record<string, unknown> = auth(id, luck);
  if (luck.next() < 0.4) value.recently_viewed = lines(recipe, luck).map(({ sku }) => sku);
  if (luck.next() < 0.35) value.cart = cartOf(recipe, luck);
  if (luck.next() < 0.25) value.language = luck.pick(recipe.languages);
  if (luck.next() < 0.12)
    // The fallback storage keeps JSON text inside of the session.
    value._messages = JSON.stringify([
      ["__json_message", 0, luck.pick([20, 25, 30]), luck.pick(recipe.messages), ""],
    ]);
  if (luck.next() < 0.05)
    value._password_reset_token = `${luck.text(keyAlphabet, 6)}-${luck.text("0123456789abcdef", 32)}`;
  return dict(value);
}

const csrf = (luck: Chance): string => luck.text(`${keyAlphabet}ABCDEFGHIJKLMNOPQRSTUVWXYZ`, 32);

const lines = (recipe: DemoRecipe, luck: Chance) =>
  Array.from({ length: 1 + luck.int(4) }, () => {
    const [sku, title, price] = luck.pick(recipe.products);
    return { sku, title, price, quantity: 1 + luck.int(3) };
  });

const cartOf = (recipe: DemoRecipe, luck: Chance) => ({
  items: lines(recipe, luck),
  currency: luck.pick(["EUR", "EUR", "GBP"]),
  coupon: luck.next() < 0.2 ? { code: "SPRING", percent: 10 } : null,
  shipping: {
    method: luck.pick(["parcel", "pickup"]),
    weight_kg: new PyFloat(1 + luck.int(60) / 4),
  },
});

function cart(recipe: DemoRecipe, luck: Chance): PyDict {
  const { shipping, ...rest } = cartOf(recipe, luck);
  const value = dict({ cart: rest, utm_source: luck.pick(recipe.sources), _csrftoken: csrf(luck) });
  const held = value.get("cart");
  if (held instanceof Map)
    held.set(
      "shipping",
      new Map<PyValue, PyValue>([
        ["method", shipping.method],
        ["weight_kg", shipping.weight_kg],
      ]),
    );
  return value;
}

const visitor = (recipe: DemoRecipe, luck: Chance): PyDict =>
  luck.next() < 0.4
    ? dict({ _csrftoken: csrf(luck) })
    : dict({
        ab_bucket: luck.pick(["A", "B"]),
        landing: luck.pick(recipe.paths),
        visits: 1 + luck.int(9),
      });

const plain = (recipe: DemoRecipe, luck: Chance): PyDict =>
  dict({ ...auth(1 + luck.int(recipe.users.length), luck), is_staff: false });

const pickled = (recipe: DemoRecipe, luck: Chance): PyDict =>
  new Map<PyValue, PyValue>([
    ...dict(auth(1 + luck.int(recipe.users.length), luck)),
    ["total", new PyDecimal(luck.pick(recipe.products)[2])],
    ["reserved_until", new PyDatetime("2026-11-20T11:30:00+00:00")],
    ["geo", new PyTuple([new PyFloat(52.5), new PyFloat(13.4)])],
    ["wishlist", new PySet([417, 902, 31], false)],
  ]);

/** Somebody made themselves staff without knowing the key. */
function tamper(session: DemoSession): void {
  const [payload = "", time, signature] = session.data.split(":");
  const text = Buffer.from(payload, "base64url").toString("latin1");
  const forged = text.replace('"is_staff":false', '"is_staff":true');
  if (forged === text) throw new Error("The demo's forgery needs an uncompressed session.");
  session.data = `${Buffer.from(forged, "latin1").toString("base64url")}:${time}:${signature}`;
}

/** A column that was too short once. */
function cut(session: DemoSession): void {
  session.data = session.data.slice(0, Math.floor(session.data.length * 0.6));
}

/** About 200 kB stored: an import kept in the session. */
const large = (luck: Chance): PyDict =>
  dict({
    import_preview: {
      file: "customers.csv",
      rows: Array.from({ length: 2600 }, (_, row) => ({
        row,
        email: `${luck.text(keyAlphabet, 40)}@example.org`,
        token: luck.text(keyAlphabet, 40),
      })),
    },
  });

/** Everything JSON can hold that a careless tool would break. */
const odd = (): PyDict =>
  new Map<PyValue, PyValue>([
    ["__proto__", "a key like any other"],
    ["markup", "<img src=x onerror=alert(1)>"],
    ["big", 123456789012345678901234567890n],
    ["one", 1],
    ["one_point_zero", new PyFloat(1)],
    ["not_a_number", new PyFloat(Number.NaN)],
    ["empty", new Map()],
    ["text", "zażółć gęślą jaźń · 日本語 · 🎫 · line\nbreak"],
  ]);
