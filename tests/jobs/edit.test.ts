import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Draft } from "../../src/shared/edit.ts";
import { project } from "../django/project.ts";
import { problemOf, startHost, type TestHost } from "../workspace/host.ts";
import {
  type Given,
  inDays,
  keyOf,
  openUnlocked,
  rowsOf,
  secretKey,
  signed,
  sql,
} from "../workspace/store.ts";

const key = keyOf("edited");
const value = '{"one":1,"float":1.0,"big":123456789012345678901234567890,"nan":NaN,"z":1,"a":2}';

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

async function opened(given: Given[] = [{ key, value }]) {
  const { path, connection } = await openUnlocked(host, given);
  const { sessions } = host.client;
  const get = () => sessions.get({ connection, key });
  const draft = async (change: (text: string) => string, more: Partial<Draft> = {}) => {
    const { token, text } = await get();
    return { connection, key, token, text: change(text ?? ""), expiry: "keep", ...more } as const;
  };
  const stored = () => {
    const [row] = rowsOf(path).filter(({ session_key }) => session_key === key);
    if (!row) throw new Error("gone");
    return row;
  };
  return { path, connection, sessions, get, draft, stored };
}

const replaced = (from: string, to: string) => (text: string) => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

describe("a check", () => {
  test("shows the difference, the tree and the size, and writes nothing", async () => {
    const { sessions, draft, stored } = await opened();
    const before = stored();
    const checked = await sessions.check(await draft(replaced('"one": 1,', '"one": 1.0,')));
    expect(checked.diff).toEqual([{ path: "one", kind: "type", before: "1", after: "1.0" }]);
    expect(checked.value.type).toBe("dict");
    expect(checked.expires).toBe(checked.previousExpires);
    expect(stored()).toEqual(before);
    const { session } = await saved(
      sessions.save(await draft(replaced('"one": 1,', '"one": 1.0,'))),
    );
    expect(session.row.size).toBe(checked.size);
  });

  test("places an error in the text", async () => {
    const { sessions, draft } = await opened();
    const problem = await problemOf(sessions.check(await draft(() => '{\n  "a": nope\n}')));
    expect(problem).toMatchObject({ code: "bad_json", detail: { line: 2, column: 8, offset: 9 } });
  });

  test("refuses what is no dict", async () => {
    const { sessions, draft } = await opened();
    expect(await problemOf(sessions.check(await draft(() => "[1]")))).toMatchObject({
      code: "not_a_dict",
    });
  });

  test("says that the session changed meanwhile", async () => {
    const { sessions, draft, path } = await opened();
    const mine = await draft((text) => text);
    sql(path, "UPDATE django_session SET session_data = ?", signed('{"a":2}'));
    expect(await problemOf(sessions.check(mine))).toMatchObject({ code: "conflict" });
  });

  test("knows the expiry Django's save would set", async () => {
    const { sessions, draft } = await opened();
    const age = await sessions.check(await draft((text) => text, { expiry: "recompute" }));
    expect(inSeconds(age.expires)).toBeCloseTo(1209600, -1);
    const custom = await draft(replaced('"one": 1,', '"_session_expiry": 60,'), {
      expiry: "recompute",
    });
    expect(inSeconds((await sessions.check(custom)).expires)).toBeCloseTo(60, -1);
    const fixed = await draft(
      replaced('"one": 1,', '"_session_expiry": "2031-05-06T07:08:09+00:00",'),
      { expiry: "recompute" },
    );
    expect((await sessions.check(fixed)).expires).toBe("2031-05-06T07:08:09.000000Z");
    const bad = await draft(replaced('"one": 1,', '"_session_expiry": "soon",'), {
      expiry: "recompute",
    });
    expect(await problemOf(sessions.check(bad))).toMatchObject({ code: "bad_request" });
    expect((await sessions.check({ ...bad, expiry: "keep" })).diff).toHaveLength(2);
  });
});

const inSeconds = (iso: string | null): number => (Date.parse(iso ?? "") - Date.now()) / 1000;

async function saved(call: Promise<{ outcome: string }>) {
  const result = await call;
  if (result.outcome !== "saved") throw new Error(`The save ended as ${result.outcome}.`);
  return result as Extract<
    Awaited<ReturnType<TestHost["client"]["sessions"]["save"]>>,
    { outcome: "saved" }
  >;
}

describe("a change in the tree", () => {
  test("gives the new text, types and order kept", async () => {
    const { sessions, connection, get } = await opened();
    const { text } = await get();
    const step = { connection, key, text: text ?? "" };
    const set = await sessions.change({
      ...step,
      change: { op: "set", path: [{ key: '"float"' }], literal: "2.0" },
    });
    expect(set.text).toContain('"float": 2.0');
    const inserted = await sessions.change({
      ...step,
      text: set.text,
      change: { op: "insert", path: [], key: '"cart"', literal: "[1, 2]" },
    });
    const renamed = await sessions.change({
      ...step,
      text: inserted.text,
      change: { op: "rename", path: [{ key: '"z"' }], key: '"last"' },
    });
    const deleted = await sessions.change({
      ...step,
      text: renamed.text,
      change: { op: "delete", path: [{ key: '"cart"' }, { index: 0 }] },
    });
    expect(deleted.text.replaceAll(/\s+/g, "")).toBe(
      '{"one":1,"float":2.0,"big":123456789012345678901234567890,"nan":{"$type":"float","value":"nan"},"last":1,"a":2,"cart":[2]}',
    );
    expect(deleted.value.type).toBe("dict");
  });

  test("to nowhere is a problem", async () => {
    const { sessions, connection } = await opened();
    const call = sessions.change({
      connection,
      key,
      text: "{}",
      change: { op: "delete", path: [{ key: '"gone"' }] },
    });
    expect(await problemOf(call)).toMatchObject({ code: "not_found" });
  });
});

describe("a save", () => {
  test("is what Django loads, with every type as it was", async () => {
    const { sessions, draft, path } = await opened();
    const { session } = await saved(sessions.save(await draft(replaced('"one": 1,', '"one": 7,'))));
    expect(session.row).toMatchObject({ key, signature: "valid" });
    const django = project({ secretKey });
    django.env.PROJECT_DATABASE = path;
    const loaded = django.run<string>(`result = repr(SessionStore(session_key=given).load())`, key);
    expect(loaded).toBe(
      "{'one': 7, 'float': 1.0, 'big': 123456789012345678901234567890, 'nan': nan, 'z': 1, 'a': 2}",
    );
  });

  test("keeps the expiry on request, and sets it as Django does otherwise", async () => {
    const { sessions, draft, stored } = await opened();
    const before = stored().expire_date;
    await saved(sessions.save(await draft(replaced('"one": 1,', '"one": 2,'))));
    expect(stored().expire_date).toBe(before);
    await saved(sessions.save(await draft((text) => text, { expiry: "recompute" })));
    expect(inSeconds(`${stored().expire_date.replace(" ", "T")}Z`)).toBeCloseTo(1209600, -1);
  });

  test("onto a changed session writes nothing and shows both sides", async () => {
    const { sessions, draft, path, stored } = await opened();
    const mine = await draft(replaced('"one": 1,', '"one": 5,'));
    const theirs = signed(value.replace('"z":1', '"z":9'));
    sql(path, "UPDATE django_session SET session_data = ?", theirs);
    const result = await sessions.save(mine);
    expect(result).toMatchObject({
      outcome: "conflict",
      theirs: [{ path: "z", kind: "changed", before: "1", after: "9" }],
      yours: [{ path: "one", kind: "changed", before: "1", after: "5" }],
    });
    if (result.outcome === "conflict") expect(result.current?.token).not.toBe(mine.token);
    expect(stored().session_data).toBe(theirs);
    expect(await host.client.bin.jobs({})).toEqual([]);
  });

  test("onto a session whose expiry alone moved is a conflict as well", async () => {
    const { sessions, draft, path } = await opened();
    const mine = await draft((text) => text);
    sql(path, "UPDATE django_session SET expire_date = ?", inDays(9));
    expect(await sessions.save(mine)).toMatchObject({ outcome: "conflict", theirs: [] });
  });

  test("onto one that is gone says so", async () => {
    const { sessions, draft, path } = await opened();
    const mine = await draft(replaced('"one": 1,', '"one": 5,'));
    sql(path, "DELETE FROM django_session");
    const result = await sessions.save(mine);
    expect(result).toMatchObject({ outcome: "conflict", current: null, theirs: [] });
    expect(rowsOf(path)).toEqual([]);
  });

  test("without a key is refused", async () => {
    const { connection, draft, sessions } = await opened();
    const mine = await draft((text) => text);
    await host.client.connections.open({ connection, secrets: {} });
    expect(await problemOf(sessions.save(mine))).toMatchObject({ code: "no_secret_key" });
  });

  test("never makes a forged session valid", async () => {
    const { sessions, draft, path, stored } = await opened();
    sql(path, "UPDATE django_session SET session_data = ?", signed('{"staff":true}', "not ours"));
    const before = stored();
    expect(await problemOf(sessions.save(await draft((text) => text)))).toMatchObject({
      code: "bad_signature",
    });
    expect(stored()).toEqual(before);
    const replaced = await draft(() => '{"staff": false}', { resign: true });
    expect((await saved(sessions.save(replaced))).session.row.signature).toBe("valid");
    sql(path, "UPDATE django_session SET session_data = ?", "no form anybody knows");
    expect(await problemOf(sessions.check(await draft(() => "{}")))).toMatchObject({
      code: "not_writable",
    });
    const over = await draft(() => '{"new": 1}', { resign: true });
    expect((await saved(sessions.save(over))).session.row.keys).toEqual(["new"]);
  });

  test("moves a session of a fallback to the current key", async () => {
    const { sessions, draft, path, connection } = await opened();
    sql(path, "UPDATE django_session SET session_data = ?", signed('{"a":1}', "the old key"));
    await host.client.connections.open({
      connection,
      secrets: { secretKey, fallbacks: ["the old key"] },
    });
    const { session } = await saved(sessions.save(await draft((text) => text)));
    expect(session.row.signature).toBe("valid");
  });

  test("can be undone, step by step", async () => {
    const { sessions, draft, stored } = await opened();
    const first = stored();
    const { job: one } = await saved(
      sessions.save(await draft(replaced('"one": 1,', '"one": 2,'))),
    );
    const second = stored();
    const { job: two } = await saved(
      sessions.save(await draft(replaced('"one": 2,', '"one": 3,'))),
    );
    const { bin } = host.client;
    const tooEarly = await bin.restore({ job: one });
    expect(tooEarly).toMatchObject({ done: 0, skippedCount: 1 });
    expect(await bin.restore({ job: two })).toMatchObject({ done: 1 });
    expect(stored()).toEqual(second);
    expect(await bin.restore({ job: one })).toMatchObject({ done: 1 });
    expect(stored()).toEqual(first);
  });

  test("with an empty token makes a new session, and no other one", async () => {
    const { sessions, connection, path } = await opened();
    const fresh = keyOf("fresh");
    const draft = {
      connection,
      key: fresh,
      token: "",
      text: '{"new": true}',
      expiry: "recompute",
    } as const;
    const { session } = await saved(sessions.save(draft));
    expect(session.row).toMatchObject({ key: fresh, signature: "valid", keys: ["new"] });
    const again = await sessions.save({ ...draft, text: '{"new": false}' });
    expect(again).toMatchObject({ outcome: "conflict", yours: [{ path: "new" }] });
    expect(rowsOf(path)).toHaveLength(2);
  });
});

test("a session in a folder is saved so that Django loads it", async () => {
  const folder = join(host.folder, "sessions");
  const settings = {
    secretKey,
    sessions: {
      SESSION_ENGINE: "django.contrib.sessions.backends.file",
      SESSION_FILE_PATH: folder,
    },
  };
  const django = project(settings);
  const name = django.run<string>(
    `import os\nos.makedirs(given)\ns = SessionStore()\ns["cart"] = [1, 1.0]\ns.save()\nresult = s.session_key`,
    folder,
  );
  const { client } = host;
  const store = await client.connections.openTarget({ target: folder, secrets: { secretKey } });
  const connection = store.connection.id;
  await client.connections.unlock({ connection });
  const { token, text } = await client.sessions.get({ connection, key: name });
  const draft = { connection, key: name, token, text: text?.replace("1.0", "2.0") ?? "" };
  const { job } = await saved(client.sessions.save({ ...draft, expiry: "keep" }));
  const load = "result = SessionStore(session_key=given).load()";
  expect(django.run(load, name)).toEqual({ cart: [1, 2] });
  expect(await client.bin.restore({ job })).toMatchObject({ done: 1 });
  expect(django.run<string>("result = repr(SessionStore(session_key=given).load())", name)).toBe(
    "{'cart': [1, 1.0]}",
  );
  const again = await client.sessions.get({ connection, key: name });
  const renewed = { connection, key: name, token: again.token, text: '{"cart": []}' };
  const { session } = await saved(client.sessions.save({ ...renewed, expiry: "recompute" }));
  expect(inSeconds(session.row.expires)).toBeCloseTo(1209600, -1);
  const fresh = "0123456789abcdefghijklmnopqrstuv";
  const made = { connection, key: fresh, token: "", text: '{"_session_expiry": 60}' };
  await saved(client.sessions.save({ ...made, expiry: "recompute" }));
  expect(django.run(load, fresh)).toEqual({ _session_expiry: 60 });
});
