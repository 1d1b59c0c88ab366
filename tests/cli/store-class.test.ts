/** A site that subclasses SessionStore signs with a salt of another name: Django's rows read and written under it. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Project, project } from "../django/project.ts";
import { secretKey } from "../jobs/site.ts";
import { shell } from "./run.ts";

const sh = shell({ DJANGO_SECRET_KEY: secretKey });
const path = join(sh.folder, "site.sqlite3");
const storeClass = `
from django.contrib.sessions.backends.db import SessionStore
class AuditStore(SessionStore):
    pass
`;
let django: Project;
let key: string;
beforeAll(() => {
  django = project({ database: path, secretKey });
  key = django.run(`${storeClass}
store = AuditStore()
store["n"] = 1
store.save()
result = store.session_key`);
});
afterAll(() => sh.close());

const named = ["--store-class", "AuditStore"];
const signature = async (...args: string[]) =>
  (await sh.run(["ls", path, "--json", ...args])).json.map((row) => row.signature);

test("ls and show verify under the class that is named, and under no other", async () => {
  expect(await signature()).toEqual(["invalid"]);
  expect(await signature(...named)).toEqual(["valid"]);
  const { stdout, stderr } = await sh.run(["show", path, key, ...named]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^Signature +valid$/m);
});

test("put signs for it: Django's own class reads the value back", async () => {
  const put = await sh.run(["put", path, key, "--yes", ...named], { input: '{"n": 2}' });
  expect(put.status).toBe(0);
  const read = `${storeClass}
result = [dict(one(${JSON.stringify(key)}).load()) for one in (AuditStore, SessionStore)]`;
  expect(django.run(read)).toEqual([{ n: 2 }, {}]);
});
