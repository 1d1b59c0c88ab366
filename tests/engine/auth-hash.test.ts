import { describe, expect, test } from "vitest";
import { sessionAuthHash } from "../../src/main/engine/auth-hash.ts";
import { type GoldenKey, golden, secretOf } from "./golden.ts";

type Vector = {
  password: string;
  secret_key: GoldenKey;
  hash: string;
  legacy_sha1_hash?: string;
  "fallback_hashes (old1, old2)"?: string[];
};

describe.each([
  ["5.2", "sha256"],
  ["3.2", "sha256"],
  ["2.2", "sha1"],
] as const)("the session auth hash of Django %s", (version, algorithm) => {
  test.each(golden<{ auth_hash: Vector[] }>(version).auth_hash)("of $password", (v) => {
    // 3.2 with DEFAULT_HASHING_ALGORITHM = "sha1" is among them.
    const made = v.hash.length === 40 ? "sha1" : algorithm;
    expect(sessionAuthHash(v.password, secretOf(v.secret_key), made)).toBe(v.hash);
    if (v.legacy_sha1_hash)
      expect(sessionAuthHash(v.password, secretOf(v.secret_key), "sha1")).toBe(v.legacy_sha1_hash);
    const fallbacks = v["fallback_hashes (old1, old2)"];
    if (fallbacks)
      expect(["old1", "old2"].map((key) => sessionAuthHash(v.password, key))).toEqual(fallbacks);
  });
});
