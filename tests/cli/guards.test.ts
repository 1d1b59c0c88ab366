/** Folders of session files, connections marked as production, and stopping in the middle. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { project } from "../django/project.ts";
import { manySessions, secretKey } from "../jobs/site.ts";
import { shell } from "./run.ts";

const sh = shell({ DJANGO_SECRET_KEY: secretKey });
afterAll(() => sh.close());

describe("a folder of session files", () => {
  const folder = join(sh.folder, "sessions");
  const files = (cookieName = "sessionid") =>
    project({
      secretKey,
      sessions: {
        SESSION_ENGINE: "django.contrib.sessions.backends.file",
        SESSION_FILE_PATH: folder,
        SESSION_COOKIE_NAME: cookieName,
      },
    });
  const load = (key: string): unknown =>
    files().run("result = dict(SessionStore(session_key=given).items())", key);
  mkdirSync(folder);
  const keys = files().run<string[]>(`
import os, time
result = []
for n in range(20):
    session = SessionStore()
    session["n"] = n
    if n % 5 == 0: session["_auth_user_id"] = "7"
    if n == 7: session.set_expiry(300)
    if n == 8: session.set_expiry(0)
    session.save(must_create=True)
    result.append(session.session_key)
    if n < 4:
        past = time.time() - 30 * 86400
        os.utime(os.path.join(${JSON.stringify(folder)}, "sessionid" + session.session_key), (past, past))
`);

  test("is listed, filtered and shown", async () => {
    const all = (await sh.run(["ls", folder, "--json"])).json;
    expect(all.map((row) => row.key).toSorted()).toEqual(keys.toSorted());
    const row = (n: number) => all.find((one) => one.key === keys[n]);
    expect(row(0)).toMatchObject({
      state: "expired",
      user: { id: "7", name: null },
      signature: "valid",
    });
    expect(row(7)).toMatchObject({ state: "active", expires: null });
    expect(row(8)).toMatchObject({ state: "browser" });
    const found = async (filter: string) =>
      (await sh.run(["ls", `file://${folder}`, "--json", "--filter", filter])).json.length;
    expect(await found("user:7")).toBe(4);
    expect(await found("state:expired")).toBe(4);
    expect(await found("state:active")).toBe(15);
    expect(await found("expires:never")).toBe(1);
    const shown = (await sh.run(["show", folder, keys[7] ?? "", "--json"])).json[0];
    expect(shown.value).toEqual({ n: 7, _session_expiry: 300 });
    expect(shown.lifetime).toContain("clearsessions leaves it");
  });

  test("is written, deleted from, purged and restored; Django loads what is there", async () => {
    const [, , , , kept = "", other = ""] = keys;
    expect(
      (await sh.run(["put", folder, kept, "--yes"], { input: '{"n": 4.0, "x": "é"}' })).status,
    ).toBe(0);
    expect(load(kept)).toEqual({ n: 4, x: "é" });
    expect(
      (await sh.run(["put", folder, "n".repeat(32), "--yes"], { input: '{"fresh": true}' })).status,
    ).toBe(0);
    expect(load("n".repeat(32))).toEqual({ fresh: true });
    const removed = (await sh.run(["rm", folder, other, "--yes", "--json"])).json[0];
    expect(readdirSync(folder)).not.toContain(`sessionid${other}`);
    expect((await sh.run(["restore", removed.job, "--yes"])).status).toBe(0);
    expect(load(other)).toEqual({ n: 5, _auth_user_id: "7" });
    const purged = (await sh.run(["purge", folder, "--yes", "--json"])).json[0];
    expect(purged).toMatchObject({ status: "done", done: 4 });
    expect(readdirSync(folder)).toHaveLength(17);
    expect((await sh.run(["restore", purged.binJob, "--yes", "--json"])).json[0]).toMatchObject({
      done: 4,
    });
    expect(readdirSync(folder)).toHaveLength(21);
  });

  test("another cookie name means other files", async () => {
    files("other").run(
      "session = SessionStore()\nsession['o'] = 1\nsession.save(must_create=True)",
    );
    const { json } = await sh.run(["ls", folder, "--cookie-name", "other", "--json"]);
    expect(json.map((row) => row.keys)).toEqual([["o"]]);
  });

  test.each(["../sessionid", "A".repeat(32), "a/b"])("%s is no key of a file", async (key) => {
    const { status, stderr } = await sh.run(["show", folder, key]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sessionscope: /);
    expect((await sh.run(["put", folder, key, "--yes"], { input: "{}" })).status).toBe(1);
  });
});

describe("a large table", () => {
  const path = join(sh.folder, "large.sqlite3");
  const django = project({ database: path, secretKey });
  django.run(manySessions, 12_000);
  const count = () =>
    django.run<number>(
      "from django.contrib.sessions.models import Session\nresult = Session.objects.count()",
    );
  const cli = fileURLToPath(new URL("../../src/main/cli.ts", import.meta.url));

  test("Ctrl+C stops a purge after its batch, with a report and status 1", async () => {
    const before = count();
    const child = spawn(
      process.execPath,
      [cli, "purge", path, "--yes", "--json", "--max-lock-ms", "5", "--pause-ms", "1000"],
      {
        env: { ...process.env, SESSIONSCOPE_HOME: join(sh.folder, "home") },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    while (count() === before && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    expect(await ended).toBe(1);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ status: "stopped" });
    expect(report.done).toBeGreaterThan(0);
    expect(before - count()).toBe(report.done);
    expect((await sh.run(["restore", report.binJob, "--yes"])).status).toBe(0);
    expect(count()).toBe(before);
  });

  test("a store marked as production wants its name", async () => {
    const home = join(sh.folder, "home");
    mkdirSync(home, { recursive: true });
    const connection = {
      id: "c-live",
      name: "Live shop",
      environment: "production",
      driver: "sqlite",
      options: { path, table: "django_session" },
    };
    writeFileSync(
      join(home, "connections.json"),
      JSON.stringify({
        version: 1,
        connections: [
          connection,
          { ...connection, id: "c-1", name: "twin", group: "acme" },
          { ...connection, id: "c-2", name: "twin", group: "zoo" },
        ],
      }),
    );
    const key = "0".repeat(31);
    const refused = await sh.run(["rm", path, `${key}1`, "--yes"]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("production");
    expect(refused.stderr).toContain("--confirm NAME");
    expect((await sh.run(["rm", path, `${key}1`, "--yes", "--confirm", "live shop"])).status).toBe(
      1,
    );
    expect(count()).toBe(12_000);
    const agreed = await sh.run(["rm", path, `${key}1`, "--yes", "--confirm", "Live shop"]);
    expect(agreed.status).toBe(0);
    expect(count()).toBe(11_999);
  });

  test("a saved connection goes by its name, or by its group and name", async () => {
    const rows = async (...args: string[]) =>
      (await sh.run(["ls", ...args, "--limit", "2", "--json"])).json.length;
    expect(await rows("@Live shop")).toBe(2);
    expect(await rows("@acme/twin")).toBe(2);
    const unknown = await sh.run(["ls", "@nobody"]);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("@Live shop, @acme/twin, @zoo/twin");
    const both = await sh.run(["ls", "@twin"]);
    expect(both.status).toBe(1);
    expect(both.stderr).toContain("2 saved connections are called twin");
    expect((await sh.run(["ls", "@Live shop", "--table", "other"])).stderr).toContain("--table");
    expect((await sh.run(["ls", "@Live shop", "--cookie-name", "x"])).status).toBe(2);
  });
});
