import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { project } from "../django/project.ts";
import { shell } from "./run.ts";

const key = "the key of the site";
const oldKey = "the key before";
const sh = shell();
afterAll(() => sh.close());

const env = { DJANGO_SECRET_KEY: key };
const django = project({ secretKey: key });
const decode = (lines: string[], extra: NodeJS.ProcessEnv = env, args: string[] = []) =>
  sh.run(["decode", "--json", ...args], {
    input: lines.map((line) => `${line}\n`).join(""),
    env: extra,
  });

describe("decode", () => {
  const signed = django.run<string[]>(`
from django.core import signing
result = [
    SessionStore().encode({"a": 1, "f": 1.0, "big": 2**70, "__proto__": None}),
    SessionStore().encode({"text": "x" * 500}),
    signing.dumps({"a": 1}, key=${JSON.stringify(oldKey)}, salt="django.contrib.sessions.SessionStore"),
    signing.dumps({"a": 1}, salt="django.contrib.sessions.backends.signed_cookies", compress=True),
]`);

  test("what Django stored, each with its facts", async () => {
    const { status, json, lines } = await decode(signed, {
      ...env,
      DJANGO_SECRET_KEY_FALLBACKS: JSON.stringify(["another", oldKey]),
    });
    expect(status).toBe(0);
    expect(json[0]).toMatchObject({
      ok: true,
      serializer: "json",
      compressed: false,
      encoding: "signed",
      signature: "valid",
    });
    expect(json[0].signedAt).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$/);
    // The text itself: JSON.parse would lose the point and the digits.
    expect(lines[0]).toContain(`"value":{"a":1,"f":1.0,"big":${2n ** 70n},"__proto__":null}`);
    expect(json[1]).toMatchObject({ ok: true, compressed: true, value: { text: "x".repeat(500) } });
    expect(json[2]).toMatchObject({ ok: true, signature: "fallback:2", value: { a: 1 } });
    expect(json[3]).toMatchObject({ ok: true, encoding: "signed_cookies", signature: "valid" });
  });

  test("a signature no key fits, and none asked for, still show the value", async () => {
    const [first = ""] = signed;
    expect((await decode([first], { DJANGO_SECRET_KEY: "wrong" })).json).toMatchObject([
      { ok: true, signature: "invalid", value: { a: 1 } },
    ]);
    expect((await decode([first], {})).json).toMatchObject([{ ok: true, signature: "unverified" }]);
    expect(
      (await decode([first], { OTHER: key }, ["--secret-key-env", "OTHER"])).json,
    ).toMatchObject([{ ok: true, signature: "valid" }]);
  });

  test("one line out for every line in, whatever comes in", async () => {
    const hostile = [
      "",
      "\u0000\u0001",
      "\u001b[31mred",
      "a:b:c",
      ":::",
      ".:1:x",
      "{",
      '{"a":1}',
      "\ud800",
      "gAJ9cQAu",
      "x".repeat(1_000_000),
      signed[0]?.slice(0, 30) ?? "",
      `${"[".repeat(100_000)}`,
      "  ",
    ];
    const { status, json } = await decode(hostile);
    expect(status).toBe(0);
    expect(json).toHaveLength(hostile.length);
    for (const one of json)
      if (!one.ok)
        expect(one.problem).toMatchObject({
          code: expect.any(String),
          message: expect.any(String),
        });
    expect(json[7]).toMatchObject({ ok: true, encoding: "json", value: { a: 1 } });
    expect(json[0].ok).toBe(false);
  });

  test("bytes that are no text, a last line without end, CR LF, and nothing at all", async () => {
    const raw = Buffer.concat([
      Buffer.from([0xff, 0xfe, 10, 0x80, 10]),
      Buffer.from(`${signed[0]}\r\n${signed[0]}`),
    ]);
    const { json } = await sh.run(["decode", "--json"], { input: raw, env });
    expect(json.map(({ ok }) => ok)).toEqual([false, false, true, true]);
    expect((await sh.run(["decode", "--json"], { input: "", env })).lines).toEqual([]);
  });

  test("white space around a pasted value hides nothing, and fits no signature", async () => {
    const [text = ""] = signed;
    const around = [` ${text}`, `${text} `, `\t${text}\t`, '  {"a":1}  '];
    const { json } = await decode(around);
    expect(json.map(({ ok, signature }) => [ok, signature])).toEqual([
      ...Array(3).fill([true, "invalid"]),
      [true, "unsigned"],
    ]);
    expect(json[0].value.a).toBe(1);
    expect((await decode([` ${text}`], {})).json[0].signature).toBe("unverified");
  });

  test("without --json: the values, problems apart, and a status that says so", async () => {
    const { status, lines, stderr } = await sh.run(["decode"], {
      input: `${signed[1]}\nnothing\n`,
      env,
    });
    expect(status).toBe(1);
    expect(lines).toEqual([`{"text":"${"x".repeat(500)}"}`, ""]);
    expect(stderr).toMatch(/^line 2: /);
    expect((await sh.run(["decode"], { input: `${signed[1]}\n`, env })).status).toBe(0);
  });

  test("another store class has another salt", async () => {
    const [text = ""] = django.run<string[]>(`
from django.core import signing
result = [signing.dumps({"a": 1}, salt="django.contrib.sessions.shop.Sessions")]`);
    const signature = async (...args: string[]) =>
      (await decode([text], env, args)).json[0].signature;
    expect(await signature()).toBe("invalid");
    expect(await signature("--store-class", "shop.Sessions")).toBe("valid");
    expect(await signature("--salt", "django.contrib.sessions.shop.Sessions")).toBe("valid");
  });

  test("every form of every version, as recorded from real Django", async () => {
    const releases: Release[] = JSON.parse(
      readFileSync(new URL("../golden/golden-legacy.json", import.meta.url), "utf8"),
    );
    expect(releases).toHaveLength(13);
    const [first] = releases;
    expect(releases.every(({ secret_key }) => secret_key === first?.secret_key)).toBe(true);
    const given = releases.flatMap(({ django: version, session_data, signed_cookies }) => {
      const stored = Number(version.split(".")[1]) < 3 ? "md5" : "legacy";
      return [
        ...session_data.map((one) => ({ ...one, text: one.session_data, encoding: stored })),
        ...signed_cookies.map((one) => ({ ...one, text: one.cookie, encoding: "signed_cookies" })),
      ];
    });
    const { json } = await decode(
      given.map(({ text = "" }) => text.replaceAll("\n", "")),
      { DJANGO_SECRET_KEY: first?.secret_key },
    );
    expect(json).toHaveLength(given.length);
    for (const [at, { id, encoding, serializer: named }] of given.entries()) {
      const serializer = /pickle/i.test(named) ? "pickle" : "json";
      expect(json[at]).toMatchObject({ ok: true, signature: "valid", encoding, serializer });
      if (id === "tuple")
        expect(json[at].value.t).toEqual(
          serializer === "json" ? [1, 2] : { $type: "tuple", value: [1, 2] },
        );
    }
  });
});

interface Release {
  django: string;
  secret_key: string;
  session_data: Recorded[];
  signed_cookies: Recorded[];
}

interface Recorded {
  id: string;
  serializer: string;
  session_data?: string;
  cookie?: string;
}

describe("keys", () => {
  test.each([
    [
      { DJANGO_SECRET_KEY: key, DJANGO_SECRET_KEY_FALLBACKS: "not json" },
      "DJANGO_SECRET_KEY_FALLBACKS",
    ],
    [
      { DJANGO_SECRET_KEY: key, DJANGO_SECRET_KEY_FALLBACKS: '{"a":1}' },
      "DJANGO_SECRET_KEY_FALLBACKS",
    ],
    [{ DJANGO_SECRET_KEY: key, DJANGO_SECRET_KEY_FALLBACKS: "[1]" }, "DJANGO_SECRET_KEY_FALLBACKS"],
  ])("a malformed variable is a problem that names it: %j", async (given, name) => {
    const { status, stdout, stderr } = await decode(["x"], given);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(name);
    expect(stderr).not.toContain(key);
    expect(stderr).not.toContain("not json");
  });

  test("a named variable that is not there is a problem", async () => {
    const { status, stderr } = await decode(["x"], env, ["--secret-key-env", "NO_SUCH_KEY"]);
    expect(status).toBe(1);
    expect(stderr).toContain("NO_SUCH_KEY");
  });
});

describe("encode", () => {
  const values = [
    '{"a":1,"f":1.0,"big":1180591620717411303424,"__proto__":null}',
    '{"nan":{"$type":"float","value":"nan"},"text":"é\\u2028\\ud83d\\ude00"}',
    `{"long":"${"z".repeat(2000)}"}`,
    "{}",
  ];
  const input = values.map((value) => `${value}\n`).join("");

  test.each(["signed", "legacy"])("%s is loaded by Django as it was meant", async (encoding) => {
    const { status, lines } = await sh.run(["encode", "--encoding", encoding], { input, env });
    expect(status).toBe(0);
    expect(lines).toHaveLength(values.length);
    const loaded = django.run<string[]>(
      "result = [repr(SessionStore().decode(text)) for text in given]",
      lines,
    );
    expect(loaded[0]).toBe("{'a': 1, 'f': 1.0, 'big': 1180591620717411303424, '__proto__': None}");
    expect(loaded[1]).toContain("'nan': nan");
    expect(loaded[2]).toContain("z".repeat(2000));
    expect(loaded[3]).toBe("{}");
    if (encoding === "signed") expect(lines[2]?.startsWith(".")).toBe(true);
  });

  test("signed cookies and pickles are loaded by Django", async () => {
    const cookie = (await sh.run(["encode", "--encoding", "signed_cookies"], { input, env })).lines;
    const pickled = (
      await sh.run(["encode", "--serializer", "pickle"], {
        input:
          '{"t":{"$type":"tuple","value":[1,{"$type":"set","value":[2]}]},"d":{"$type":"datetime","value":"2026-01-02T03:04:05+00:00"}}\n',
        env,
      })
    ).lines;
    const [a, b] = django.run<string[]>(
      `
from django.core import signing
from django.contrib.sessions.serializers import PickleSerializer
result = [
    repr(signing.loads(given[0], salt="django.contrib.sessions.backends.signed_cookies")),
    repr(signing.loads(given[1], salt="django.contrib.sessions.SessionStore", serializer=PickleSerializer)),
]`,
      [cookie[0], pickled[0]],
    );
    expect(a).toBe("{'a': 1, 'f': 1.0, 'big': 1180591620717411303424, '__proto__': None}");
    expect(b).toBe(
      "{'t': (1, {2}), 'd': datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)}",
    );
  });

  test("decode gives back what encode was given", async () => {
    const encoded = await sh.run(["encode", "--no-compress"], { input, env });
    expect(encoded.lines.every((line) => !line.startsWith("."))).toBe(true);
    const decoded = await sh.run(["decode"], { input: encoded.stdout, env });
    expect(decoded.lines[0]).toBe(values[0]);
    expect(JSON.parse(decoded.lines[1] ?? "")).toEqual(JSON.parse(values[1] ?? ""));
  });

  test("a line a line, problems among them", async () => {
    const { status, json } = await sh.run(["encode", "--json"], {
      input: `{}\n[1]\n{"a"}\n\n`,
      env,
    });
    expect(status).toBe(0);
    expect(json).toMatchObject([
      { ok: true, encoding: "signed", compressed: false },
      { ok: false, problem: { code: "not_a_dict" } },
      { ok: false, problem: { code: "bad_json", detail: { line: 1 } } },
      { ok: false, problem: { code: "bad_json" } },
    ]);
    const plain = await sh.run(["encode"], { input: `[1]\n{}\n`, env });
    expect(plain.status).toBe(1);
    expect(plain.lines[0]).toBe("");
    expect(plain.lines).toHaveLength(2);
  });

  test("without a key nothing is signed", async () => {
    const { status, stderr, stdout } = await sh.run(["encode"], { input: "{}\n" });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("Set DJANGO_SECRET_KEY, or ");
  });

  test.each([
    [["encode", "--encoding", "rot13"]],
    [["encode", "--serializer", "yaml"]],
    [["decode", "--salt", "a", "--store-class", "b"]],
    [["decode", "extra"]],
    [["decode", "--secret-key", "x"]],
  ])("wrong usage: %j", async (args) => {
    const { status, stdout, stderr } = await sh.run(args, { env });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: sessionscope");
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
