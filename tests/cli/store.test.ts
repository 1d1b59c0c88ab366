import { spawnSync } from "node:child_process";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Project, project } from "../django/project.ts";
import { manySessions, oldKey, secretKey } from "../jobs/site.ts";
import { shell } from "./run.ts";

const COUNT = 700;
const sh = shell({
  DJANGO_SECRET_KEY: secretKey,
  DJANGO_SECRET_KEY_FALLBACKS: JSON.stringify([oldKey]),
});
const original = join(sh.folder, "site.sqlite3");
let django: Project;
beforeAll(() => {
  django = project({ database: original, secretKey });
  django.run(manySessions, COUNT);
});
afterAll(() => sh.close());

const key = (n: number): string => String(n).padStart(32, "0");
let copies = 0;
/** A store of its own for a test that changes it. */
const copy = (): { path: string; django: Project } => {
  const path = join(sh.folder, `copy-${copies++}.sqlite3`);
  copyFileSync(original, path);
  const env = { ...django.env, PROJECT_DATABASE: path };
  return { path, django: { ...django, env, run: (code, given) => runWith(path, code, given) } };
};
const runWith = <Result>(path: string, code: string, given?: unknown): Result =>
  project({ database: path, secretKey }).run<Result>(code, given);
const keysIn = (path: string): string[] =>
  runWith(
    path,
    "from django.contrib.sessions.models import Session\nresult = sorted(Session.objects.values_list('session_key', flat=True))",
  );

describe("ls", () => {
  test("every session, one JSON object a line", async () => {
    const { status, json } = await sh.run(["ls", original, "--json"]);
    expect(status).toBe(0);
    expect(new Set(json.map((row) => row.key)).size).toBe(COUNT);
    expect(json.find((row) => row.key === key(10))).toMatchObject({
      key: key(10),
      state: "active",
      user: { id: "1", name: "alice" },
      encoding: "signed",
      signature: "valid",
      expires: expect.stringMatching(/^20.*Z$/),
      size: expect.any(Number),
    });
    expect(json.find((row) => row.key === key(5)).signature).toBe("fallback:1");
    expect(json.find((row) => row.key === key(6)).signature).toBe("invalid");
    expect(json.find((row) => row.key === key(2)).user).toBeNull();
  });

  test("filters by index, by scan and by key; limits; orders", async () => {
    const list = async (...args: string[]) =>
      (await sh.run(["ls", original, "--json", ...args])).json.map((row) => Number(row.key));
    const every = (fits: (n: number) => boolean) =>
      Array.from({ length: COUNT }, (_, n) => n).filter(fits);
    const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
    expect(sorted(await list("--filter", "state:expired"))).toEqual(every((n) => n % 4 === 0));
    expect(sorted(await list("--filter", "user:alice state:active"))).toEqual(
      every((n) => n % 10 === 0 && n % 4 !== 0 && n % 6 !== 0),
    );
    expect(await list("--filter", key(33))).toEqual([33]);
    expect(await list("--limit", "3")).toEqual([699, 698, 697]);
    expect(await list("--order", "expires", "--limit", "2")).toEqual([696, 692]);
    expect(await list("--filter", "user:alice", "--limit", "4")).toHaveLength(4);
    expect(await list("--filter", "user:nobody")).toEqual([]);
  });

  test("a table whose columns line up", async () => {
    const { lines } = await sh.run(["ls", original, "--limit", "5"]);
    expect(lines[0]).toMatch(
      /^STATE +KEY +USER +EXPIRES \(UTC\) +SAVED \(UTC\) +SIZE +ENCODING +SIGNATURE +KEYS$/,
    );
    const at = lines[0]?.indexOf("SIGNATURE");
    expect(lines.slice(1).every((line) => /^(valid|invalid|fallback)/.test(line.slice(at)))).toBe(
      true,
    );
  });

  test("names cannot play with the terminal", async () => {
    const { path } = copy();
    runWith(
      path,
      `
from django.contrib.auth.models import User
User.objects.filter(pk=1).update(username="\\x1b]0;title\\x07\\u202eevil\\n\\x9b31m")`,
    );
    const table = await sh.run(["ls", path, "--filter", "user:1", "--limit", "2"]);
    expect(table.stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(table.stdout).toContain("\\x1b]0;title\\x07\\u202eevil\\x0a\\x9b31m");
    expect(table.lines).toHaveLength(3);
    const json = await sh.run(["ls", path, "--filter", "user:1", "--limit", "1", "--json"]);
    expect(json.stdout.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(json.json[0].user.name).toBe("\u001b]0;title\u0007\u202eevil\n\u009b31m");
  });

  test("a reader that leaves early ends it without a word", async () => {
    const { spawnSync } = await import("node:child_process");
    const cli = new URL("../../src/main/cli.ts", import.meta.url).pathname;
    const ran = spawnSync(
      "/bin/bash",
      [
        "-c",
        `"$0" "$1" ls "$2" --json | head -1; echo "\${PIPESTATUS[0]}"`,
        process.execPath,
        cli,
        original,
      ],
      { encoding: "utf8", env: { ...process.env, SESSIONSCOPE_HOME: join(sh.folder, "home") } },
    );
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trim().split("\n").at(-1)).toBe("0");
  });

  test.runIf(existsSync("/dev/full"))("a full disk under the output is a problem", () => {
    const cli = fileURLToPath(new URL("../../src/main/cli.ts", import.meta.url));
    const full = openSync("/dev/full", "w");
    const ran = spawnSync(process.execPath, [cli, "--version"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toBe("sessionscope: Standard output cannot be written to: ENOSPC.\n");
  });

  test("URLs and other tables", async () => {
    expect((await sh.run(["ls", `sqlite://${original}`, "--limit", "1"])).status).toBe(0);
    const missing = await sh.run(["ls", original, "--table", "nothing"]);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("nothing");
  });

  test.each([
    ["stte:active", "There is no filter named stte."],
    ["expires:soon", "expires:soon is no time"],
  ])("a bad filter is a problem: %s", async (filter, message) => {
    const { status, stderr, stdout } = await sh.run(["ls", original, "--filter", filter]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
  });
});

describe("what is no store", () => {
  test.each<[string, () => string]>([
    ["a missing file", () => join(sh.folder, "missing.sqlite3")],
    ["a file that is no database", () => write("text.sqlite3", "hello, this is text".repeat(100))],
    ["a database without the table", () => write("empty.sqlite3", "")],
    ["an empty folder", () => folder("empty")],
    ["a URL of no known scheme", () => "gopher://example/x"],
    ["a name with control characters", () => "\u001b[2Jx"],
  ])("%s is a problem on standard error", async (_, target) => {
    const { status, stdout, stderr } = await sh.run(["ls", target()]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^sessionscope: /);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain("\u001b");
    expect(stderr).not.toContain("internal error");
  });

  const write = (name: string, text: string): string => {
    writeFileSync(join(sh.folder, name), text);
    return join(sh.folder, name);
  };
  const folder = (name: string): string => {
    mkdirSync(join(sh.folder, name));
    return join(sh.folder, name);
  };
});

describe("show", () => {
  test("as lines and as JSON", async () => {
    const lines = await sh.run(["show", original, key(10)]);
    expect(lines.status).toBe(0);
    expect(lines.stdout).toContain("User        alice, id 1");
    expect(lines.stdout).toContain('"cart": [');
    const { json, stdout } = await sh.run(["show", original, key(10), "--json"]);
    expect(json[0]).toMatchObject({ key: key(10), state: "active", signature: "valid" });
    expect(stdout).toMatch(/"value":\{"cart": ?\[10,1\.0,/);
  });

  test("a key that is not there, and one that cannot be", async () => {
    for (const wrong of ["nosuchkey", "../../etc/passwd", "", "\u0000"]) {
      const { status, stderr } = await sh
        .run(["show", original, wrong])
        .catch(() => ({ status: 1, stderr: "sessionscope: " }));
      expect(status).toBe(1);
      expect(stderr).toMatch(/^sessionscope: /);
    }
  });
});

describe("put", () => {
  test("what it saves is loaded by Django, types kept", async () => {
    const { path } = copy();
    const input =
      '{"a": 1, "f": 1.0, "big": 1180591620717411303424, "nan": {"$type": "float", "value": "nan"}, "_auth_user_id": "1"}';
    const { status, stdout } = await sh.run(["put", path, key(10), "--yes"], { input });
    expect(status).toBe(0);
    expect(stdout).toContain("restore edit-");
    const [text, days] = runWith<[string, number]>(
      path,
      `
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
s = SessionStore(session_key=given)
result = [repr(dict(s.items())), round((Session.objects.get(pk=given).expire_date - timezone.now()).total_seconds() / 86400)]`,
      key(10),
    );
    expect(text).toBe(
      "{'a': 1, 'f': 1.0, 'big': 1180591620717411303424, 'nan': nan, '_auth_user_id': '1'}",
    );
    expect(days).toBe(14);
  });

  test("creates where the key is free; keeps the expiry on request", async () => {
    const { path } = copy();
    const created = await sh.run(["put", path, "z".repeat(32), "--yes", "--json"], {
      input: '{"x":1}',
    });
    expect(created.json[0]).toMatchObject({ created: true, key: "z".repeat(32) });
    const before = (await sh.run(["ls", path, "--filter", key(11), "--json"])).json[0];
    const kept = await sh.run(["put", path, key(11), "--yes", "--json", "--keep-expiry"], {
      input: "{}",
    });
    expect(kept.json[0]).toMatchObject({ created: false, expires: before.expires });
    expect(
      runWith(path, "result = dict(SessionStore(session_key=given).items())", "z".repeat(32)),
    ).toEqual({ x: 1 });
  });

  test.each([
    ["[1]", "A session has to be a dict"],
    ['{"a":}', "line 1, column 6"],
    ["", "line 1"],
  ])("%s is refused and nothing is written", async (input, message) => {
    const { path } = copy();
    const { status, stderr } = await sh.run(["put", path, key(10), "--yes"], { input });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect((await sh.run(["show", path, key(10), "--json"])).stdout).toContain('"cart"');
  });

  test("without a key nothing can be signed", async () => {
    const { path } = copy();
    const { status, stderr } = await sh.run(["put", path, key(10), "--yes"], {
      input: "{}",
      env: { DJANGO_SECRET_KEY: "", DJANGO_SECRET_KEY_FALLBACKS: "" },
    });
    expect(status).toBe(1);
    expect(stderr).toContain("Set DJANGO_SECRET_KEY, or ");
    expect(stderr).not.toContain("connection");
  });
});

describe("rm, purge and restore", () => {
  test("rm deletes, tells what it could not, and restore puts back", async () => {
    const { path } = copy();
    const gone = await sh.run(["rm", path, key(1), key(2), "nothing", "--yes", "--json"]);
    expect(gone.status).toBe(1);
    expect(gone.json[0]).toMatchObject({ done: 2, skippedCount: 1, skipped: [{ key: "nothing" }] });
    expect(keysIn(path)).toHaveLength(COUNT - 2);
    const back = await sh.run(["restore", gone.json[0].job, "--yes", "--json"]);
    expect(back.status).toBe(0);
    expect(back.json[0]).toMatchObject({ done: 2 });
    expect(keysIn(path)).toHaveLength(COUNT);
    const loaded = runWith<string>(
      path,
      "result = SessionStore(session_key=given).get('_auth_user_id')",
      key(1),
    );
    expect(loaded).toBe("2");
  });

  test("a dry run changes nothing and needs no --yes", async () => {
    const { path } = copy();
    const { status, json } = await sh.run(["purge", path, "--dry-run", "--json"]);
    expect(status).toBe(0);
    expect(json[0]).toMatchObject({ count: COUNT / 4, exact: true });
    expect(keysIn(path)).toHaveLength(COUNT);
    expect((await sh.run(["purge", path, "--dry-run"])).stdout).toContain(
      `Sessions         ${COUNT / 4} of ${COUNT}`,
    );
  });

  test("purge deletes the expired; restore brings them back", async () => {
    const { path } = copy();
    const purged = await sh.run(["purge", path, "--yes", "--json"]);
    expect(purged.status).toBe(0);
    expect(purged.json[0]).toMatchObject({ status: "done", done: COUNT / 4 });
    expect(keysIn(path)).toHaveLength((COUNT * 3) / 4);
    expect((await sh.run(["restore", purged.json[0].binJob, "--yes"])).stdout).toContain(
      `Put back ${COUNT / 4} of`,
    );
    expect(keysIn(path)).toHaveLength(COUNT);
  });

  test("--before moves the line, --no-backup keeps nothing", async () => {
    const { path } = copy();
    const early = await sh.run(["purge", path, "--yes", "--json", "--before", "2001-01-01"]);
    expect(early.json[0]).toMatchObject({ done: 0 });
    const all = await sh.run([
      "purge",
      path,
      "--yes",
      "--json",
      "--no-backup",
      "--max-lock-ms",
      "20",
      "--pause-ms",
      "0",
    ]);
    expect(all.json[0]).toMatchObject({ done: COUNT / 4, binJob: null });
  });

  test("an unknown job is a problem", async () => {
    const { status, stderr } = await sh.run(["restore", "purge-nothing", "--yes"]);
    expect(status).toBe(1);
    expect(stderr).toContain("purge-nothing");
  });

  test.each([[["put", "KEY"]], [["rm", "KEY"]], [["purge"]]])(
    "%j needs --yes where standard input is no terminal",
    async ([verb = "", ...rest]) => {
      const { path } = copy();
      const args = [verb, path, ...rest.map(() => key(8))];
      const { status, stderr } = await sh.run(args, { input: "{}" });
      expect(status).toBe(2);
      expect(stderr).toContain("--yes");
      expect(keysIn(path)).toHaveLength(COUNT);
      expect((await sh.run(["show", path, key(8), "--json"])).stdout).not.toContain('"value":{}');
    },
  );

  test("on a terminal it asks; only yes goes on", async () => {
    const { path } = copy();
    const no = await sh.onTerminal(["rm", path, key(3)], "n");
    expect(no.status).toBe(1);
    expect(no.shown).toContain(`Delete the session ${key(3)} from`);
    expect(no.shown).toContain("Nothing was changed.");
    expect(keysIn(path)).toHaveLength(COUNT);
    const yes = await sh.onTerminal(["rm", path, key(3)], "yes");
    expect(yes.status).toBe(0);
    expect(keysIn(path)).toHaveLength(COUNT - 1);
    const purged = await sh.onTerminal(["purge", path], "y");
    expect(purged.status).toBe(0);
    expect(purged.shown).toContain("Recycle bin      needs");
    expect(keysIn(path)).toHaveLength(COUNT - 1 - COUNT / 4);
  });
});

describe("usage", () => {
  test.each(["ls", "show", "put", "rm", "purge", "restore", "decode", "encode", "serve"])(
    "%s --help",
    async (verb) => {
      const { status, stdout } = await sh.run([verb, "--help"]);
      expect(status).toBe(0);
      expect(stdout).toContain(`Usage: sessionscope ${verb}`);
    },
  );

  test("--version and --help", async () => {
    expect((await sh.run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await sh.run(["--help"])).status).toBe(0);
    expect((await sh.run([])).status).toBe(0);
  });

  test.each([
    [["nothing"]],
    [["ls"]],
    [["ls", "a", "b"]],
    [["ls", "x", "--limit", "many"]],
    [["ls", "x", "--limit", "0"]],
    [["ls", "x", "--unknown"]],
    [["ls", "x", "--json=1"]],
    [["ls", original, "--order", "size"]],
    [["show", "x"]],
    [["rm", "x", "--yes"]],
    [["purge", "x", "--yes", "--max-lock-ms", "-1"]],
    [["purge", original, "--yes", "--before", "yesterday"]],
    [["purge", "", "--yes"]],
    [["restore", "--yes"]],
    [["serve", "--port", "99999"]],
  ])("wrong usage gives status 2: %j", async (args) => {
    const { status, stdout, stderr } = await sh.run(args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^sessionscope: /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
