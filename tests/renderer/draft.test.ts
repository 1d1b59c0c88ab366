/** A connection's draft: what is typed into a password field goes apart, also of the cache in front of a table. */
import { expect, test } from "vitest";
import { z } from "zod";
import { connectionOf, draftOf, secretsOf } from "../../src/renderer/features/connect/draft.ts";
import { type OptionField, optionFields } from "../../src/renderer/features/connect/schema.ts";
import type { Connection } from "../../src/shared/connection.ts";

const fields = (...names: string[]): OptionField[] =>
  optionFields({
    ...{ name: "x", title: "X", summary: "", kind: "db", schemes: [] },
    options: z.toJSONSchema(
      z.object(
        Object.fromEntries(
          names.map((name) => [
            name,
            z
              .string()
              .default("")
              .meta(name === "password" ? { "x-secret": true } : {}),
          ]),
        ),
      ),
    ),
  });

const saved: Connection = {
  ...{ id: "c-1", name: "Shop", group: "", environment: "staging", driver: "postgres" },
  ...{ settings: {}, storeClass: "SessionStore", secretKeyEnv: null, builtin: false },
  options: { host: "db", password: "typed-1", user: undefined },
  cachedBy: { driver: "redis", options: { hosts: "cache:6379", password: "typed-2" } },
};
const both = { store: fields("host", "user", "password"), cache: fields("hosts", "password") };

test("passwords are taken out of the options and named by whose they are", () => {
  expect(connectionOf(draftOf(saved), both)).toMatchObject({
    options: { host: "db" },
    cachedBy: { driver: "redis", options: { hosts: "cache:6379" } },
  });
  expect(JSON.stringify(connectionOf(draftOf(saved), both))).not.toContain("typed-");
  expect(secretsOf(draftOf(saved), both)).toEqual({
    options: { password: "typed-1", "cachedBy.password": "typed-2" },
  });
});

test("nothing typed is nothing given, and no cache has no secrets", () => {
  const plain = { ...draftOf(saved), options: { host: "db", password: "" }, cachedBy: null };
  expect(secretsOf(plain, both)).toBeUndefined();
  expect(connectionOf(plain, both)).toMatchObject({ options: { host: "db" }, cachedBy: null });
});
