/** Signing in and out: what the recorded runs of 5.2 do not reach. */
import { describe, expect, test } from "vitest";
import {
  type AuthUser,
  getUser,
  login,
  logout,
  modelBackend,
  updateSessionAuthHash,
} from "../../src/main/engine/auth.ts";
import {
  csrfSecret,
  loadMessages,
  spacedJson,
  storeCsrfToken,
  storeMessages,
} from "../../src/main/engine/csrf-messages.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import { djangoVersions } from "../../src/main/engine/settings.ts";
import { Bench } from "./django-tests-mixin.ts";

const alice: AuthUser = { id: "1", hash: "hash-a", otherHashes: ["hash-old"] };
const source = (user: AuthUser | undefined) => ({
  backends: [modelBackend],
  findUser: async (id: string) => (user?.id === id ? user : undefined),
});

async function signedIn(user: AuthUser = alice): Promise<SessionStore> {
  const session = new Bench("db", "5.2").open();
  await session.set("cart", 1);
  await session.save();
  await login(session, user);
  return session;
}

describe("login", () => {
  test("keeps anonymous data under a new key", async () => {
    const session = new Bench("db", "5.2").open();
    await session.set("cart", 1);
    await session.save();
    const before = session.sessionKey;
    await login(session, alice, "shop.Backend");
    expect(session.sessionKey).not.toBe(before);
    expect(await session.exists(before)).toBe(false);
    expect(await session.items()).toEqual([
      ["cart", 1],
      ["_auth_user_id", "1"],
      ["_auth_user_backend", "shop.Backend"],
      ["_auth_user_hash", "hash-a"],
    ]);
  });

  test.each<[what: string, user: AuthUser, kept: boolean]>([
    ["the same user", alice, true],
    ["another user", { ...alice, id: "2" }, false],
    ["the same user with a new password", { ...alice, hash: "hash-b" }, false],
    ["the same user of a model without hashes", { ...alice, hash: null }, true],
  ])("again as %s", async (_, user, kept) => {
    const session = await signedIn();
    const before = session.sessionKey;
    await login(session, user);
    expect(session.sessionKey).toBe(kept ? before : null);
    expect(await session.get("cart")).toBe(kept ? 1 : null);
    expect(await session.get("_auth_user_hash")).toBe(user.hash ?? "");
  });

  test("takes the number of a session from before 1.8 for its user", async () => {
    const session = await signedIn();
    await session.set("_auth_user_id", 1);
    const before = session.sessionKey;
    await login(session, alice);
    expect(session.sessionKey).toBe(before);
  });
});

test("logout leaves nothing", async () => {
  const session = await signedIn();
  const before = session.sessionKey;
  await logout(session);
  expect(session.isEmpty()).toBe(true);
  expect(await session.exists(before)).toBe(false);
});

describe.each(djangoVersions)("the user of a request under %s", (version) => {
  test("is the one signed in", async () => {
    expect(await getUser(await signedIn(), source(alice), version)).toBe(alice);
  });

  test("with a hash under an old key stays, from 4.2 on under a new session key", async () => {
    const session = await signedIn({ ...alice, hash: "hash-old" });
    const before = session.sessionKey;
    expect(await getUser(session, source(alice), version)).toBe(alice);
    const rewritten = version !== "3.2";
    expect(session.sessionKey === before).toBe(!rewritten);
    expect(await session.get("_auth_user_hash")).toBe(rewritten ? "hash-a" : "hash-old");
  });

  test.each([["hash-b"], [""]])("with the hash %j is signed out", async (hash) => {
    const session = await signedIn();
    await session.set("_auth_user_hash", hash);
    expect(await getUser(session, source(alice), version)).toBeUndefined();
    expect(session.isEmpty()).toBe(true);
  });

  test("who was deleted, or whose backend is gone, is anonymous in a session that stays", async () => {
    const session = await signedIn();
    expect(await getUser(session, source(undefined), version)).toBeUndefined();
    expect(await getUser(session, { ...source(alice), backends: [] }, version)).toBeUndefined();
    expect(await session.get("cart")).toBe(1);
  });
});

test("a password change keeps this session alone", async () => {
  const session = await signedIn();
  const before = session.sessionKey;
  await updateSessionAuthHash(session, { ...alice, hash: "hash-b" });
  expect(session.sessionKey).not.toBe(before);
  expect(await session.get("_auth_user_hash")).toBe("hash-b");
  await updateSessionAuthHash(session, { ...alice, hash: "hash-c" }, false);
  expect(await session.get("_auth_user_hash")).toBe("hash-b");
});

describe("CSRF tokens", () => {
  test("are written only where they differ", async () => {
    const session = new Bench("db", "5.2").open();
    await storeCsrfToken(session, "a".repeat(32));
    session.modified = false;
    await storeCsrfToken(session, "a".repeat(32));
    expect(session.modified).toBe(false);
  });

  test.each([[null], [5], [""], ["short"], ["!".repeat(32)], ["a".repeat(63)]])(
    "are not %j",
    (stored) => {
      expect(csrfSecret(stored)).toBeUndefined();
    },
  );
});

describe("messages", () => {
  const saved = { level: 25, text: 'a, "b": c', extraTags: "", safe: true };

  test.each([
    ["3.2", '[["__json_message", 1, 25, "a, \\"b\\": c"]]'],
    ["5.2", '[["__json_message", 1, 25, "a, \\"b\\": c", ""]]'],
  ] as const)("as %s stores them", async (version, text) => {
    const session = new Bench("db", version).open();
    await storeMessages(session, [saved], version);
    expect(await session.get("_messages")).toBe(text);
    expect(await loadMessages(session)).toEqual([
      { ...saved, extraTags: version === "3.2" ? null : "" },
    ]);
    await storeMessages(session, [], version);
    expect(await session.has("_messages")).toBe(false);
  });

  test.each([[null], ["[]"], ['{"a":1}'], ['[["other"],5,["__json_message",0,"x"]]']])(
    "%j holds none",
    async (stored) => {
      const session = new Bench("db", "5.2").open();
      await session.set("_messages", stored);
      expect(await loadMessages(session)).toEqual([]);
    },
  );

  test("separators inside texts stay", () => {
    expect(spacedJson(new Map([["a,b:", ["\\", '"', "x,y", 1]]]))).toBe(
      '{"a,b:": ["\\\\", "\\"", "x,y", 1]}',
    );
    expect(spacedJson(["x,".repeat(5_000_000), 1])).toHaveLength(10_000_000 + 7);
  });
});
