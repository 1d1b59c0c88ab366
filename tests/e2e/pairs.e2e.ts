/**
 * A table with a cache in front, on real servers: told apart in the list, compared in the inspector, deleted and put back
 * as it was. And a cache whose server ends and comes back under an edit.
 */
import { join } from "node:path";
import type { Page } from "@playwright/test";
import Database from "better-sqlite3";
import { writeStored } from "../../src/main/engine/write.ts";
import { parseJson } from "../../src/main/python/json.ts";
import { isDict } from "../../src/main/python/value.ts";
import { hasRedis, startRedis, type TestRedis } from "../servers/redis.ts";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { footer, inspector, noise, row, rows, unlock } from "./sessions-page.ts";

test.skip(!hasRedis, "needs Redis");
test.describe.configure({ timeout: 240_000 });

const secretKey = "the key of these pages";
const keyOf = (name: string): string => name.padEnd(32, "0");
const LATER = Math.floor(Date.now() / 1000) + 9 * 86_400;

function stored(json: string, encoding: "signed" | "pickle"): string | Uint8Array {
  const dict = parseJson(json);
  if (!isDict(dict)) throw new Error("no dict");
  const serializer = encoding === "pickle" ? "pickle" : "json";
  const now = BigInt(Date.now()) * 1000n;
  return writeStored(dict, { encoding, serializer, secretKey, now });
}

const copy = (redis: TestRedis, engine: string, name: string, json: string) =>
  redis.client.set(
    `:1:django.contrib.sessions.${engine}${keyOf(name)}`,
    Buffer.from(stored(json, "pickle")),
    "PXAT",
    LATER * 1000,
  );

/** Four sessions: one in both, one that differs, one of the table and one of the cache alone. */
async function fill(folder: string, redis: TestRedis): Promise<string> {
  const path = join(folder, "shop.sqlite3");
  const db = new Database(path);
  db.exec(
    "CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date datetime NOT NULL)",
  );
  const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
  const at = new Date(LATER * 1000 + 123).toISOString().replace("T", " ").replace("Z", "000");
  for (const [name, json] of [
    ["same", '{"n":1}'],
    ["differs", '{"step":"of the row","cart":[1]}'],
    ["row", '{"n":3}'],
  ] as const)
    insert.run(keyOf(name), stored(json, "signed"), at);
  db.close();
  await copy(redis, "cached_db", "same", '{"n":1}');
  await copy(redis, "cached_db", "differs", '{"step":"of the cache","cart":[1]}');
  await copy(redis, "cached_db", "alone", '{"n":4}');
  return path;
}

/** What both stores hold, past the app. */
async function held(path: string, redis: TestRedis): Promise<unknown> {
  const db = new Database(path, { readonly: true });
  const table = db.prepare("SELECT * FROM django_session ORDER BY 1").all();
  db.close();
  const names = (await redis.client.keys("*")).sort();
  const copies = await Promise.all(
    names.map(async (name) => [
      ...[name, await redis.client.getBuffer(name), await redis.client.pexpiretime(name)],
    ]),
  );
  return { table, copies };
}

async function connectPair(page: Page, path: string, redis: TestRedis, key?: string) {
  await page.getByRole("combobox", { name: "Database file" }).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("pair");
  if (key) await page.getByLabel("SECRET_KEY", { exact: true }).fill(key);
  await page.getByRole("button", { name: /^Cache none/ }).click();
  await page.getByLabel("Cache of the cached_db engine").selectOption("redis");
  const cache = page.getByRole("group", { name: "Options of the cache, Redis" });
  await cache.getByLabel("Host", { exact: true }).fill(`127.0.0.1:${redis.port}`);
}

test("marks of the pair in the list, both values in the inspector, both halves back from the bin", async ({
  page,
  host,
}, info) => {
  const heard = noise(page);
  const redis = await startRedis();
  const path = await fill(host.folder, redis);
  const before = await held(path, redis);
  await connectPair(page, path, redis, secretKey);
  await look(page, info, "pair-form");
  await page.keyboard.press("Enter");
  await expect(rows(page)).toHaveCount(4);
  for (const [name, word] of [
    ["same", "Same"],
    ["differs", "Different"],
    ["row", "Row only"],
    ["alone", "Cached only"],
  ] as const)
    await expect(row(page, keyOf(name))).toContainText(word);
  await row(page, keyOf("differs")).click();
  const difference = inspector(page).getByRole("region", { name: "From the row to the cache" });
  await expect(difference.getByRole("listitem")).toHaveCount(1);
  await expect(difference.locator("del")).toContainText("of the row");
  await expect(difference.locator("ins")).toContainText("of the cache");
  await look(page, info, "pair-sessions");
  await unlock(page);

  // Keyboard alone from here: all are chosen, deleted and put back.
  await row(page, keyOf("same")).click();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog", { name: "Delete 4 sessions" });
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Delete 4 sessions" }).click();
  await expect(rows(page)).toHaveCount(0);
  expect(await redis.client.keys("*")).toEqual([]);
  await page.getByRole("button", { name: "Recycle bin" }).click();
  await expect(page.getByText("Delete 4 sessions").first()).toBeVisible();
  await page.getByText("Delete 4 sessions").first().click();
  await expect(page.getByRole("cell", { name: "Different" })).toBeVisible();
  await look(page, info, "pair-bin");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Put all back" }).click();
  const confirm = page.getByRole("dialog");
  await confirm.getByRole("button", { name: /Put back/ }).click();
  await expect.poll(() => held(path, redis), { timeout: 20_000 }).toEqual(before);
  expect(heard).toEqual([]);
  await redis.close();
});

test("without the key, the inspector names what the row needs it for", async ({
  page,
  host,
}, info) => {
  const redis = await startRedis();
  const path = await fill(host.folder, redis);
  await connectPair(page, path, redis);
  await page.keyboard.press("Enter");
  await expect(rows(page)).toHaveCount(4);
  await unlock(page);
  await row(page, keyOf("differs")).click();
  await expect(inspector(page)).toContainText("row in the table");
  await expect(inspector(page)).toContainText("SECRET_KEY");
  await look(page, info, "pair-no-key");
  await redis.close();
});

test("a cache that does not answer is the failing step, told apart from the table", async ({
  page,
  host,
}, info) => {
  const redis = await startRedis();
  const path = await fill(host.folder, redis);
  await redis.stop();
  await connectPair(page, path, redis);
  await page.getByRole("button", { name: "Test connection" }).click();
  const result = page.getByRole("complementary", { name: "Test result" });
  await expect(result.getByRole("heading", { name: /Not connected/ })).toBeVisible();
  await expect(result.locator("li.is-bad")).toContainText("Cache: TCP");
  await look(page, info, "pair-refused");
  await redis.close();
});

test("edits outlive a server that ends, and are saved when it is back", async ({ page }, info) => {
  const redis = await startRedis();
  await copy(redis, "cache", "edited", '{"n":1}');
  await page.keyboard.press("Control+u");
  await page.getByLabel(/^URL/).fill(`redis://127.0.0.1:${redis.port}/0`);
  await page.getByLabel("Name", { exact: true }).fill("far cache");
  await page.keyboard.press("Enter");
  await expect(rows(page)).toHaveCount(1);
  await unlock(page);
  await row(page, keyOf("edited")).click();
  await expect(inspector(page).getByRole("treeitem").first()).toBeVisible();
  await page.keyboard.press("e");
  const panel = inspector(page);
  await panel.getByRole("button", { name: "Add key" }).click();
  const form = panel.getByRole("form", { name: "Add a value" });
  await form.getByLabel("Key").fill("mine");
  await form.getByLabel("Value").fill("kept");
  await form.getByRole("button", { name: "Add" }).click();
  await expect(panel.getByRole("treeitem", { name: /^mine/ })).toBeVisible();

  await redis.stop();
  await page.keyboard.press("F5");
  await expect(page.getByText(/Connection to far cache lost at/)).toBeVisible();
  await expect(footer(page)).toContainText("offline");
  await expect(panel.getByRole("treeitem", { name: /^mine/ })).toBeVisible();
  await look(page, info, "edit-lost");

  await redis.restart();
  await copy(redis, "cache", "edited", '{"n":1}');
  await expect(page.getByText(/Connection to far cache lost at/)).toBeHidden({ timeout: 60_000 });
  await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();
  await expect(panel.getByRole("treeitem", { name: /^mine/ })).toBeVisible();
  await look(page, info, "edit-back");
  await panel.getByRole("button", { name: /^Save/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Save/ }).click();
  await expect
    .poll(async () =>
      (
        await redis.client.getBuffer(`:1:django.contrib.sessions.cache${keyOf("edited")}`)
      )?.includes("kept"),
    )
    .toBe(true);
  await redis.close();
});
