/**
 * Writes a session back in the encoding it was found in, signed with the current key. The counterpart of
 * readStored(): what this writes, Django of the matching version loads.
 */
import { Buffer } from "node:buffer";
import { problem } from "../problem.ts";
import { writeJson } from "../python/json.ts";
import { dumpPickle } from "../python/pickle-write.ts";
import type { PyDict } from "../python/value.ts";
import { writeDatabaseCacheValue } from "./caches/database.ts";
import { writeCacheFile } from "./caches/filebased.ts";
import { writeRedisValue } from "./caches/redis.ts";
import { spacedJson } from "./csrf-messages.ts";
import type { SecretKey } from "./hmac.ts";
import { encodeLegacy, encodeMd5, STORE_CLASS } from "./legacy.ts";
import type { CacheForm, Encoding, SerializerName } from "./read.ts";
import { encodePayload, SESSION_SALT, SIGNED_COOKIES_SALT, TimestampSigner } from "./signing.ts";
import type { Micros } from "./time.ts";

export type Writing = {
  readonly encoding: Encoding;
  readonly serializer: SerializerName;
  /** Of a pickle; default 4, which every Python since 3.4 reads (2 in the md5 form). */
  readonly protocol?: number | null | undefined;
  /** Default true: compressed where that saves two bytes, as the stores do. */
  readonly compress?: boolean | undefined;
  /** Default sha256; the signed forms alone ask. Before 3.1, and for cookies before it, sha1. */
  readonly mac?: "sha256" | "sha1" | undefined;
  readonly secretKey?: SecretKey | undefined;
  /** Of a store whose class is not called SessionStore. */
  readonly salt?: string | undefined;
  /** Of what a cache holds, as it was read. */
  readonly cache?: CacheForm | null | undefined;
  /** The signing time. */
  readonly now: Micros;
};

/**
 * The value as it would be stored: bytes for a pickle and what is compressed, else text. Problems: no_secret_key, and
 * not_writable with `detail.path` and `detail.class` where a node cannot be written again.
 */
export function writeStored(value: PyDict, how: Writing): string | Uint8Array {
  switch (how.encoding) {
    case "signed":
      return signed(value, how, how.salt || SESSION_SALT);
    case "signed_cookies":
      return signed(value, how, SIGNED_COOKIES_SALT);
    case "legacy": {
      const className = how.salt ? how.salt.slice(how.salt.lastIndexOf(".") + 1) : STORE_CLASS;
      return encodeLegacy(serialized(value, how), secret(how), className);
    }
    case "md5":
      return encodeMd5(dumpPickle(value, how.protocol ?? 2), secret(how));
    case "pickle":
      return dumpPickle(value, how.protocol ?? 4);
    case "json":
      return how.cache?.spaced ? spacedJson(value) : writeJson(value);
    case "database_cache":
      return writeDatabaseCacheValue(value, how.protocol ?? 5);
    case "file_cache":
      return writeCacheFile(value, how.cache?.expires ?? null, how.protocol ?? 5);
    case "django_redis":
      return writeRedisValue(value, {
        compressor: how.cache?.compressor ?? "none",
        serializer: how.serializer,
        protocol: how.protocol ?? null,
        spaced: how.cache?.spaced ?? true,
      });
    case "unknown":
      throw problem("not_writable", "The stored value has no known form to write back.");
  }
}

function signed(value: PyDict, how: Writing, salt: string): string {
  const signer = new TimestampSigner({ key: secret(how), salt, algorithm: how.mac ?? "sha256" });
  return signer.sign(encodePayload(serialized(value, how), how.compress ?? true), how.now);
}

const serialized = (value: PyDict, how: Writing): Uint8Array =>
  how.serializer === "pickle"
    ? dumpPickle(value, how.protocol ?? 4)
    : Buffer.from(writeJson(value), "latin1");

function secret(how: Writing): SecretKey {
  if (how.secretKey === undefined || how.secretKey.length === 0)
    throw problem(
      "no_secret_key",
      "Signing a session needs the SECRET_KEY of its site.",
      "Add the key to the connection.",
    );
  return how.secretKey;
}
