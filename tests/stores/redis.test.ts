/** Redis: the conformance suite on real servers, with scripts and without them. */
import { describe, expect, it } from "vitest";
import { hasRedis } from "../servers/redis.ts";
import { conforms } from "./conformance.ts";
import { redisPlace } from "./redis-place.ts";

const oddKeys = [
  "",
  "a",
  "A B",
  "__proto__",
  "<script>alert(1)</script>",
  "nul\0inside",
  "ключ",
  "🍪".repeat(50),
  "*?[a-z]\\",
  "k".repeat(10_000),
  "\u202Ertl\n\t\u0007",
  "%_",
];

it.runIf(process.env["CI"] === "true")("has a server to run on", () => {
  expect(hasRedis).toBe(true);
});

describe.runIf(hasRedis)("Redis", () => {
  conforms("Redis", { place: () => redisPlace(), oddKeys, expiresByItself: true });

  // What servers before 7.0 lack: read-only scripts and PEXPIRETIME.
  conforms("Redis without read-only scripts", {
    place: () =>
      redisPlace("", "old reset on >pw ~* +@all -eval_ro -evalsha_ro -pexpiretime -info"),
    oddKeys,
    expiresByItself: true,
  });
});
