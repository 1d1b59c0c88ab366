import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { base62, base64Url, fromBase62, fromBase64Url } from "../../src/main/engine/encodings.ts";
import { hmacKey, saltedHmac } from "../../src/main/engine/hmac.ts";
import { dumps, loads, Signer, TimestampSigner } from "../../src/main/engine/signing.ts";
import { parseJson, writeJson } from "../../src/main/python/json.ts";
import { errorOf, type GoldenError, golden, micros } from "./golden.ts";

type Rubbish = {
  label: string;
  value: string;
  key: string;
  salt: string;
  result?: unknown;
  error?: GoldenError;
  error_max_age_60?: GoldenError;
};
type Signing = {
  b62: [number, string][];
  b64: [string, string][];
  signer: {
    key: string;
    salt: string | null;
    sep: string;
    value: string;
    algorithm: string;
    signature: string;
    signed: string;
  }[];
  timestamp_signer: { key: string; salt: string; time: number; value: string; signed: string }[];
  dumps: {
    obj_json: string;
    key: string;
    salt: string;
    compress: boolean;
    time: number;
    dumped: string;
  }[];
  unsign_errors: {
    sep?: string;
    constructor_error?: GoldenError;
    label?: string;
    value?: string;
    args?: { key: string; salt: string; max_age?: number };
    now?: number;
    error?: GoldenError;
    result?: unknown;
  }[];
  salted_hmac: {
    algorithm: string;
    key_salt: string;
    value: string;
    secret: string;
    hexdigest: string;
  }[];
  fallbacks?: {
    SECRET_KEY: string;
    SECRET_KEY_FALLBACKS: string[];
    value: string;
    salt: string;
    result?: unknown;
    error?: GoldenError;
  }[];
  max_age: {
    signed: string;
    key: string;
    salt: string;
    now: number;
    max_age: number | string | null;
    result?: string;
    error?: GoldenError;
  }[];
  signed_rubbish: Rubbish[];
};

/** The vectors froze the clock at an int in places, and then print "2" for "2.0". */
const loose = (error: GoldenError | undefined): GoldenError | undefined =>
  error && { ...error, message: error.message.replace(/(age -?\d+)\.0 >/, "$1 >") };

describe.each(["5.2", "3.2"] as const)("signing as Django %s does it", (version) => {
  const { signing } = golden<{ signing: Signing }>(version);

  test("base62 both ways", () => {
    for (const [number, text] of signing.b62) {
      expect(base62(BigInt(number))).toBe(text);
      expect(fromBase62(text)).toBe(BigInt(number));
    }
  });

  test("urlsafe base64 without padding, both ways", () => {
    for (const [padded, text] of signing.b64) {
      const bytes = Buffer.from(padded, "base64");
      expect(base64Url(bytes)).toBe(text);
      expect(fromBase64Url(text).equals(bytes)).toBe(true);
    }
  });

  test("salted_hmac", () => {
    for (const v of signing.salted_hmac)
      expect(saltedHmac(v.key_salt, v.value, v.secret, v.algorithm)).toBe(v.hexdigest);
  });

  test("Signer", () => {
    for (const v of signing.signer) {
      const signer = new Signer({
        key: v.key,
        sep: v.sep,
        algorithm: v.algorithm,
        ...(v.salt === null ? {} : { salt: v.salt }),
      });
      expect(signer.signature(v.value)).toBe(v.signature);
      expect(signer.sign(v.value)).toBe(v.signed);
      expect(signer.unsign(v.signed)).toBe(v.value);
    }
  });

  test("TimestampSigner", () => {
    for (const v of signing.timestamp_signer)
      expect(new TimestampSigner(v).sign(v.value, micros(v.time))).toBe(v.signed);
  });

  test("dumps, byte for byte, and loads", () => {
    for (const v of signing.dumps) {
      const value = parseJson(v.obj_json);
      expect(dumps(value, { ...v, now: micros(v.time) })).toBe(v.dumped);
      expect(writeJson(loads(v.dumped, v))).toBe(v.obj_json);
    }
  });

  test("refusals have Django's types and texts", () => {
    for (const v of signing.unsign_errors) {
      if (v.constructor_error) {
        const error = errorOf(() => new Signer({ key: "k", sep: v.sep ?? "" }));
        expect(error).toEqual(v.constructor_error);
        continue;
      }
      if (v.value === undefined || !v.args || v.now === undefined) throw new Error("odd vector");
      const { value, args, now } = v;
      const age =
        args.max_age === undefined ? {} : { age: { maxAge: args.max_age, now: micros(now) } };
      expect(loose(errorOf(() => loads(value, { ...args, ...age }))), v.label).toEqual(
        loose(v.error),
      );
    }
  });

  test("max_age", () => {
    for (const v of signing.max_age) {
      const maxAge =
        typeof v.max_age === "string" ? Number(v.max_age.replace("timedelta:", "")) : v.max_age;
      const age = maxAge === null ? undefined : { maxAge, now: micros(v.now) };
      const expected = v.error && {
        ...v.error,
        // A timedelta's seconds are a float there.
        message: v.error.message.replace(/> (\d+)\.0 s/, "> $1 s"),
      };
      expect(loose(errorOf(() => new TimestampSigner(v).unsign(v.signed, age)))).toEqual(
        loose(expected),
      );
    }
  });

  test("well signed rubbish", () => {
    // Where JSON is at fault, the words are this reader's.
    const worded = (error: GoldenError | undefined) =>
      error?.type === "JSONDecodeError" ? error.type : loose(error);
    for (const v of signing.signed_rubbish) {
      expect(worded(errorOf(() => loads(v.value, v))), v.label).toEqual(worded(v.error));
      const aged = { ...v, age: { maxAge: 60, now: micros(1700000000) } };
      expect(worded(errorOf(() => loads(v.value, aged))), v.label).toEqual(
        worded(v.error_max_age_60),
      );
      if (v.result !== undefined && !JSON.stringify(v.result).includes("$float"))
        expect(JSON.parse(writeJson(loads(v.value, v))), v.label).toEqual(v.result);
    }
  });

  test("fallback keys", () => {
    for (const v of signing.fallbacks ?? []) {
      const options = { key: v.SECRET_KEY, fallbackKeys: v.SECRET_KEY_FALLBACKS, salt: v.salt };
      expect(errorOf(() => loads(v.value, options))).toEqual(v.error);
      if (!v.error) expect(JSON.parse(writeJson(loads(v.value, options)))).toEqual(v.result);
    }
  });
});

test("a key keeps nothing of the message before it", () => {
  const key = hmacKey("sha256", "salt", "secret");
  const first = key.hex("short");
  key.hex("a longer message".repeat(1000));
  key.hex("é".repeat(300));
  expect(key.hex("short")).toBe(first);
});

test("an unknown hash is refused by name", () => {
  expect(errorOf(() => new Signer({ key: "k", algorithm: "whatever" }))?.type).toBe(
    "InvalidAlgorithm",
  );
});

test("sha1 signatures fit where they are asked for", () => {
  const signed = new Signer({ key: "k", algorithm: "sha1" }).sign("v");
  expect(new Signer({ key: "k", legacyAlgorithm: "sha1" }).unsign(signed)).toBe("v");
  expect(errorOf(() => new Signer({ key: "k" }).unsign(signed))?.type).toBe("BadSignature");
});
