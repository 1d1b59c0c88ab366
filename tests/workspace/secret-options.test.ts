/** Secrets are found by the driver's schema, also those of a cache in front of a table, and leave no trace. */
import { expect, test } from "vitest";
import {
  cacheOverlay,
  mergedSecrets,
  secretNames,
  withoutSecrets,
} from "../../src/main/workspace/secret-options.ts";

test("secrets of a connection and of its cache come apart", () => {
  expect(secretNames("redis")).toEqual(["password", "sentinelPassword"]);
  expect(secretNames("sqlite")).toEqual([]);
  const { connection, options } = withoutSecrets({
    driver: "postgres",
    options: { host: "h", password: "row-pass" },
    cachedBy: { driver: "redis", options: { hosts: "c:1", password: "cache-pass" } },
  });
  expect(connection).toEqual({
    driver: "postgres",
    options: { host: "h" },
    cachedBy: { driver: "redis", options: { hosts: "c:1" } },
  });
  expect(options).toEqual({ password: "row-pass", "cachedBy.password": "cache-pass" });
  expect(cacheOverlay(options)).toEqual({ password: "cache-pass" });
});

test("later secrets count more; keys go together", () => {
  const merged = mergedSecrets(
    { secretKey: "old", fallbacks: ["older"], options: { password: "a", other: "b" } },
    undefined,
    { secretKey: "new", options: { password: "c" } },
  );
  expect(merged).toEqual({
    secretKey: "new",
    fallbacks: undefined,
    options: { password: "c", other: "b" },
  });
  expect(mergedSecrets(undefined, undefined)).toBeUndefined();
});
