import { afterEach, beforeEach, expect, test } from "vitest";
import { ended, problemOf, startHost, type TestHost } from "../workspace/host.ts";
import { keyOf, openUnlocked, rowsOf, signed, sql } from "../workspace/store.ts";

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

const sessions = [
  { key: keyOf("alice1"), value: '{"_auth_user_id":"1","cart":[1]}' },
  { key: keyOf("alice2"), value: '{"x":"_auth_user_id","_auth_user_id":"1"}', days: -3 },
  { key: keyOf("bob"), value: '{"_auth_user_id":"2"}' },
  { key: keyOf("nobody"), value: '{"note":"_auth_user_id: 1"}' },
  { key: keyOf("eleven"), value: '{"_auth_user_id":"11"}' },
];
const keysOf = (path: string) => rowsOf(path).map(({ session_key }) => session_key);

async function logout(connection: string, user: string) {
  const { job } = await host.client.users.logout({ connection, user });
  return ended(host.client, job);
}

test("a user is logged out everywhere, by exact name or by id, and can be brought back", async () => {
  const { connection, path } = await openUnlocked(host, sessions);
  const before = rowsOf(path);
  const byName = await logout(connection, "alice");
  expect(byName).toMatchObject({ kind: "logout", status: "done", done: 2, total: 2, skipped: 0 });
  expect(byName.facts[0]).toMatchObject({ title: "Searched", text: expect.stringContaining("5") });
  expect(keysOf(path)).toEqual([keyOf("bob"), keyOf("eleven"), keyOf("nobody")].sort());
  await host.client.bin.restore({ job: byName.binJob ?? "" });
  expect(rowsOf(path)).toEqual(before);
  expect(await logout(connection, "1")).toMatchObject({ done: 2 });
  expect(await logout(connection, "11")).toMatchObject({ done: 1 });
  expect(keysOf(path)).toEqual([keyOf("bob"), keyOf("nobody")]);
});

test("a user without sessions is a job that does nothing", async () => {
  const { connection } = await openUnlocked(host, sessions);
  expect(await logout(connection, "999")).toMatchObject({ status: "done", done: 0, binJob: null });
});

test("a text that is one user's id and another's name is not guessed at", async () => {
  const { connection, path } = await openUnlocked(host, sessions);
  // User 3 is called "2".
  const problem = await problemOf(host.client.users.logout({ connection, user: "2" }));
  expect(problem).toMatchObject({ code: "bad_request" });
  expect(problem.hint).toContain("2, 3");
  expect(rowsOf(path)).toHaveLength(sessions.length);
});

test("the signature is not asked: a session Django would refuse goes as well", async () => {
  const { connection, path } = await openUnlocked(host, []);
  sql(
    path,
    "INSERT INTO django_session VALUES (?, ?, '2030-01-01 00:00:00')",
    keyOf("forged"),
    signed('{"_auth_user_id":"1"}', "a key from elsewhere"),
  );
  expect(await logout(connection, "alice")).toMatchObject({ done: 1 });
});

test("the command field finds users by the start of their name", async () => {
  const { connection } = await openUnlocked(host, sessions);
  expect(await host.client.users.find({ connection, text: "ali" })).toEqual([
    { id: "1", name: "alice" },
  ]);
  expect(await host.client.users.find({ connection, text: "nobody" })).toEqual([]);
});
