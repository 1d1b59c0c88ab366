/** The system's credential store, asked by the host through its port: against a stand-in for safeStorage. */
import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { shellVault } from "../../src/main/server/shell-vault.ts";
import { openCredentials } from "../../src/main/workspace/credentials.ts";

const storage = vi.hoisted(() => ({ available: true, backend: "gnome_libsecret", key: 7 }));

const turned = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((one) => one ^ storage.key));

vi.mock("electron", () => ({
  safeStorage: {
    isAsyncEncryptionAvailable: async () => storage.available,
    getSelectedStorageBackend: () => storage.backend,
    encryptStringAsync: async (text: string) => turned(Buffer.from(`v1:${text}`)),
    decryptStringAsync: async (bytes: Buffer) => {
      const text = turned(bytes).toString();
      if (!text.startsWith("v1:")) throw new Error("another key");
      return { result: text.slice(3), shouldReEncrypt: false };
    },
  },
}));

const { credentialState, serveCredentials } = await import("../../src/main/shell/credentials.ts");

/** The two ends of a parent port, which passes structured clones. */
function port() {
  const [shell, host] = [new EventEmitter(), new EventEmitter()];
  const ends = {
    child: Object.assign(shell, {
      postMessage: (message: unknown) =>
        setImmediate(() => host.emit("message", { data: structuredClone(message) })),
    }),
    parent: Object.assign(host, {
      postMessage: (message: unknown) =>
        setImmediate(() => shell.emit("message", structuredClone(message))),
    }),
  };
  serveCredentials(ends.child);
  return ends;
}

beforeEach(() => Object.assign(storage, { available: true, backend: "gnome_libsecret", key: 7 }));

test("what is kept is found by the next host, and is no plain text on the disk", async () => {
  const home = mkdtempSync(join(tmpdir(), "sessionscope-"));
  const secrets = { secretKey: "the-secret-key", options: { password: "pass-word" } };
  const first = openCredentials(home, shellVault(port().parent));
  expect(await first.state()).toMatchObject({ kept: true });
  await first.put("c-1", secrets, true);
  const text = readFileSync(join(home, "credentials.json"), "utf8");
  for (const secret of [
    "the-secret-key",
    "pass-word",
    Buffer.from("the-secret-key").toString("base64").slice(0, 12),
  ])
    expect(text).not.toContain(secret);
  const next = openCredentials(home, shellVault(port().parent));
  expect(next.has("c-1")).toBe("kept");
  expect(await next.get("c-1")).toEqual(secrets);
  next.remove("c-1");
  expect(next.has("c-1")).toBe("no");
  expect(await next.get("c-1")).toBeUndefined();
});

test("a lost key is said, and typing them again heals it", async () => {
  const home = mkdtempSync(join(tmpdir(), "sessionscope-"));
  await openCredentials(home, shellVault(port().parent)).put("c-1", { secretKey: "k1" }, true);
  storage.key = 9;
  const next = openCredentials(home, shellVault(port().parent));
  await expect(next.get("c-1")).rejects.toMatchObject({
    problem: { code: "cannot_open", detail: { step: "credentials" } },
  });
  await next.put("c-1", { secretKey: "k2" }, true);
  expect(await openCredentials(home, shellVault(port().parent)).get("c-1")).toEqual({
    secretKey: "k2",
  });
});

test("basic_text is refused, and so is keeping without a store", async () => {
  storage.backend = "basic_text";
  expect(await credentialState("linux")).toMatchObject({
    kept: false,
    text: expect.stringContaining("no credential store"),
  });
  expect(await credentialState("darwin")).toMatchObject({ kept: true });
  storage.available = false;
  expect(await credentialState("win32")).toMatchObject({ kept: false });
  const home = mkdtempSync(join(tmpdir(), "sessionscope-"));
  const kept = openCredentials(home, shellVault(port().parent));
  await expect(kept.put("c-1", { secretKey: "k1" }, true)).rejects.toMatchObject({
    problem: { code: "cannot_open" },
  });
  expect(await kept.get("c-1")).toEqual({ secretKey: "k1" });
  expect(() => readFileSync(join(home, "credentials.json"))).toThrow();
});

test("without a vault secrets are in memory alone", async () => {
  const home = mkdtempSync(join(tmpdir(), "sessionscope-"));
  const memory = openCredentials(home, null);
  await memory.put("c-1", { secretKey: "k1" }, true);
  expect([memory.has("c-1"), await memory.state()]).toMatchObject(["memory", { kept: false }]);
  expect(await openCredentials(home, null).get("c-1")).toBeUndefined();
});

test("messages that are no requests are left alone", async () => {
  const { child, parent } = port();
  const vault = shellVault(parent);
  for (const message of [null, "serve", 3, { type: "credentials" }, { type: "credentials", id: 1 }])
    child.emit("message", message);
  for (const data of [
    null,
    "close",
    { type: "credentials", id: "1" },
    { type: "credentials", id: 99 },
  ])
    parent.emit("message", { data });
  expect(await vault.decrypt(await vault.encrypt("text"))).toBe("text");
});
