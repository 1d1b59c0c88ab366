/** The site of the recorded middleware runs: its settings, storages, users and random keys. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AuthUser } from "../../src/main/engine/auth.ts";
import { sessionAuthHash } from "../../src/main/engine/auth-hash.ts";
import type { Storages } from "../../src/main/engine/backends/engines.ts";
import type { Environment, LogLine } from "../../src/main/engine/backends/ports.ts";
import { LocMemCache } from "../../src/main/engine/caches/locmem.ts";
import {
  type DjangoVersion,
  type GivenSettings,
  resolveSettings,
  type Settings,
} from "../../src/main/engine/settings.ts";
import type { Micros } from "../../src/main/engine/time.ts";
import { parseTypedJson } from "../../src/main/python/json.ts";
import {
  isDict,
  PyDatetime,
  PyFloat,
  PySet,
  PyTimedelta,
  PyTuple,
  type PyValue,
  pyInt,
} from "../../src/main/python/value.ts";
import { MemoryFiles, MemoryRows } from "../../src/main/simulator/memory.ts";

export interface Flags {
  accessed: boolean;
  modified: boolean;
  session_key: string | null;
  is_empty?: boolean;
}

export interface Step {
  t: number;
  cookie_header: string | null;
  settings?: GivenSettings;
  after_view: Flags | null;
  status: number;
  set_cookie: string[];
  vary: string | null;
  after_response: Flags | null;
  generated_keys: string[];
  storage: {
    rows?: { session_key: string; session_data: string; json: string; expire_date: string }[];
    cache?: { key: string; json: string | null; repr?: string | null; expires_at: number }[];
    files?: { name: string; content: string; json: string | null; mtime: number }[];
  };
  logs: [string, string, string][];
  exceptions: { type: string; message: string }[];
  cookie_json?: string;
}

export interface Vector {
  id: string;
  engine: string;
  settings: GivenSettings;
  middleware: string[];
  steps: Step[];
  users?: { pk: number; password: string }[];
}

const goldenText = readFileSync(new URL("../golden/golden-5.2.json", import.meta.url), "utf8");
export const vectors = (JSON.parse(goldenText) as { middleware: Vector[] }).middleware;

/** The same file with Python's types, for operands and results: JSON.parse reorders keys like "1". */
const typed = member(parseTypedJson(goldenText), "middleware");
export const typedSteps = (index: number): PyValue[] =>
  items(member(items(typed)[index] ?? null, "steps"));

export function member(value: PyValue, name: string): PyValue {
  return isDict(value) ? (value.get(name) ?? null) : null;
}
export function items(value: PyValue): PyValue[] {
  return Array.isArray(value) ? value : [];
}

/** Python expressions among the operands. */
const expressions: Record<string, PyValue> = {
  "datetime.timedelta(hours=1)": new PyTimedelta(0, 3600, 0),
  "datetime.timedelta(minutes=30)": new PyTimedelta(0, 1800, 0),
  "datetime.timedelta(seconds=-30)": new PyTimedelta(-1, 86370, 0),
  "datetime.datetime(2023,11,14,23,13,20,tzinfo=UTC)": new PyDatetime("2023-11-14T23:13:20+00:00"),
  "datetime.datetime(2023,11,14,23,13,20)": new PyDatetime("2023-11-14T23:13:20"),
  "datetime.datetime(2023,11,14,21,0,0,tzinfo=UTC)": new PyDatetime("2023-11-14T21:00:00+00:00"),
  "datetime.datetime(2023,1,1)": new PyDatetime("2023-01-01T00:00:00"),
  "(1,2)": new PyTuple([1, 2]),
  "2**70": 2n ** 70n,
  "1.0": new PyFloat(1),
  "1e22": new PyFloat(1e22),
  "float('nan')": new PyFloat(Number.NaN),
  "{1}": new PySet([1], false),
  "'\\ud800'": "\ud800",
};

/** A tagged value of the vectors as the Python value it stands for; always a fresh one. */
export function untag(value: PyValue): PyValue {
  if (Array.isArray(value)) return value.map(untag);
  if (!isDict(value)) return value;
  const [tag, inner] = [...value][0] ?? [];
  if (tag === "$py" && typeof inner === "string") {
    const made = expressions[inner];
    if (made === undefined) throw new Error(`unknown expression ${inner}`);
    return made;
  }
  if (tag === "$int") return pyInt(BigInt(String(inner)));
  if (tag === "$float") return new PyFloat(inner === "nan" ? Number.NaN : Number(inner));
  if (tag === "$repr" && inner === "{1}") return new PySet([1], false);
  if (tag === "$datetime") return new PyDatetime(String(inner));
  return new Map([...value].map(([key, item]) => [key, untag(item)]));
}

export class Site {
  now: Micros = 0n;
  logs: LogLine[] = [];
  generated: string[] = [];
  settings: Settings;
  readonly rows = new MemoryRows();
  readonly files = new MemoryFiles(() => this.now);
  readonly cache: LocMemCache;
  readonly storages: Storages;
  readonly environment: Environment;
  readonly users: Map<string, string>;
  #drawn = 0;

  readonly vector: Vector;
  readonly version: DjangoVersion;

  constructor(vector: Vector, version: DjangoVersion) {
    this.vector = vector;
    this.version = version;
    this.settings = this.resolve({});
    this.cache = new LocMemCache({ KEY_PREFIX: "", VERSION: 1, now: () => this.now });
    this.storages = { rows: this.rows, files: this.files, cache: this.cache };
    const site = this;
    this.environment = {
      version,
      get settings() {
        return site.settings;
      },
      now: () => this.now,
      newKey: () => this.randomString(),
      log: (line) => void this.logs.push(line),
    };
    this.users = new Map(vector.users?.map(({ pk, password }) => [String(pk), password]));
  }

  resolve(more: GivenSettings): Settings {
    return resolveSettings(
      {
        SESSION_ENGINE: `django.contrib.sessions.backends.${this.vector.engine}`,
        SECRET_KEY: "golden-secret-key-0123456789abcdefghijklmnopqrstuvwxyz",
        USE_TZ: true,
        TIME_ZONE: "UTC",
        ...this.vector.settings,
        ...more,
      },
      this.version,
    );
  }

  randomString(): string {
    const hash = createHash("sha256")
      .update(`${this.vector.id}|${this.#drawn++}`)
      .digest("hex");
    this.generated.push(hash.slice(0, 32));
    return hash.slice(0, 32);
  }

  user(id: string): AuthUser | undefined {
    const password = this.users.get(id);
    if (password === undefined) return undefined;
    const { SECRET_KEY, SECRET_KEY_FALLBACKS } = this.settings;
    return {
      id,
      hash: sessionAuthHash(password, SECRET_KEY),
      otherHashes: SECRET_KEY_FALLBACKS.map((key) => sessionAuthHash(password, key)),
    };
  }
}
