/**
 * session_data as Django's own encode() and decode() treat it: signed text of signing.ts, in 3.2 also the older
 * base64 of `sha1hex:serialized`. Whatever cannot be read becomes an empty dict with a line in the log; read.ts is
 * the reader that says why instead.
 *
 *     {"a":1}  ->  eyJhIjoxfQ:1r31eq:e8BAfr92jaSHQvf6DEypRCpTHy_jAdiBYlo7NLhisxI
 *     {"a":1}  ->  Nzk1Njg2MGUyOWRiMDhhM2VlNGQwMTJiY2Q2MDI0N2VjODM5OTE3Nzp7ImEiOjF9     3.2 with sha1
 */
import { ProblemError, problem } from "../../problem.ts";
import type { PyValue } from "../../python/value.ts";
import { fromBase64 } from "../encodings.ts";
import { BadSignature, PythonError } from "../errors.ts";
import { encodeLegacy, legacyMac } from "../legacy.ts";
import { jsonSerializer, pickleSerializer, type Serializer } from "../serializers.ts";
import { atLeast, JSON_SERIALIZER, PICKLE_SERIALIZER } from "../settings.ts";
import { dumps, loads, type SignerOptions } from "../signing.ts";
import type { Environment } from "./ports.ts";

const jsonSerializers = [JSON_SERIALIZER, "django.core.signing.JSONSerializer"];

/**
 * SESSION_SERIALIZER; pickle is written at protocol 5, the highest of Python 3.8 and later. Throws bad_setting for
 * a class of one's own, which is Python code, and for pickle where Django has it no more (5.0).
 */
function serializerOf({ settings, version }: Environment): Serializer {
  const path = settings.SESSION_SERIALIZER;
  if (jsonSerializers.includes(path)) return jsonSerializer;
  if (path === PICKLE_SERIALIZER && !atLeast(version, "5.2")) return pickleSerializer(5);
  throw problem(
    "bad_setting",
    `SESSION_SERIALIZER names no serializer of Django ${version}: ${path}.`,
    undefined,
    { setting: "SESSION_SERIALIZER" },
  );
}

const signerOptions = ({ settings, version }: Environment, salt: string): SignerOptions => ({
  key: settings.SECRET_KEY,
  fallbackKeys: settings.SECRET_KEY_FALLBACKS,
  salt,
  algorithm: settings.DEFAULT_HASHING_ALGORITHM,
  ...(version === "3.2" ? { legacyAlgorithm: "sha1" } : {}),
});

/** SessionBase.encode(). TypeError where the serializer cannot write a value. */
export function encodeSession(environment: Environment, salt: string, data: PyValue): string {
  if (environment.settings.DEFAULT_HASHING_ALGORITHM === "sha1")
    return legacyEncode(environment, salt, data);
  return signSession(environment, salt, data);
}

/** signing.dumps() with compression, as session_data and signed cookies have it. */
export function signSession(environment: Environment, salt: string, data: PyValue): string {
  return asPython(() =>
    dumps(data, {
      ...signerOptions(environment, salt),
      now: environment.now(),
      compress: true,
      serializer: serializerOf(environment),
    }),
  );
}

/** signing.loads() of a signed cookie; `maxAge` in seconds. Throws whatever is wrong with it. */
export const unsignSession = (
  environment: Environment,
  salt: string,
  text: string,
  maxAge: number,
): PyValue =>
  loads(text, {
    ...signerOptions(environment, salt),
    serializer: serializerOf(environment),
    age: { maxAge, now: environment.now() },
  });

/** SessionBase.decode(). In 3.2 a value with a good signature that cannot be read is tried as the old form. */
export function decodeSession(environment: Environment, salt: string, text: string): PyValue {
  try {
    return loads(text, {
      ...signerOptions(environment, salt),
      serializer: serializerOf(environment),
    });
  } catch (error) {
    if (environment.version !== "3.2") {
      if (error instanceof BadSignature) logCorrupted(environment);
      return new Map();
    }
    if (!(error instanceof BadSignature)) return legacyDecode(environment, salt, text);
    try {
      return legacyDecode(environment, salt, text);
    } catch {
      logCorrupted(environment);
      return new Map();
    }
  }
}

/** The old form salts with the bare class name. */
const className = (salt: string): string => salt.slice(salt.lastIndexOf(".") + 1);

function legacyEncode(environment: Environment, salt: string, data: PyValue): string {
  const serialized = asPython(() => serializerOf(environment).dumps(data));
  return encodeLegacy(serialized, environment.settings.SECRET_KEY, className(salt));
}

/** Throws for malformed base64; everything else that is wrong gives an empty dict. */
function legacyDecode(environment: Environment, salt: string, text: string): PyValue {
  const bytes = fromBase64(text);
  const colon = bytes.indexOf(":");
  if (colon < 0) return new Map();
  const serialized = bytes.subarray(colon + 1);
  const mac = legacyMac(serialized, environment.settings.SECRET_KEY, className(salt));
  if (bytes.toString("latin1", 0, colon) !== mac) {
    logCorrupted(environment);
    return new Map();
  }
  try {
    return serializerOf(environment).loads(serialized);
  } catch {
    return new Map();
  }
}

const logCorrupted = (environment: Environment): void =>
  environment.log({
    logger: "django.security.SuspiciousSession",
    level: "WARNING",
    message: "Session data corrupted",
  });

/** A value that cannot be written is a TypeError to Django, whose message names no path; a deep one a RecursionError. */
function asPython<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, detail } = error.problem;
    if (code === "too_deep")
      throw new PythonError("RecursionError", "maximum recursion depth exceeded");
    if (code !== "not_writable") throw error;
    const tail = typeof detail?.path === "string" && detail.path ? ` (${detail.path}).` : ".";
    throw new PythonError(
      "TypeError",
      message.endsWith(tail) ? message.slice(0, -tail.length) : message,
    );
  }
}
