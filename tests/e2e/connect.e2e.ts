/** Connecting: the demo store, a SQLite file, a folder of session files; what goes wrong is said at the field. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import Database from "better-sqlite3";
import { demoSecrets } from "../../src/main/workspace/demo.ts";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { makeFiles, makeSqlite } from "./stores.ts";

const file = (page: Page) => page.getByRole("combobox", { name: "Database file" });
const connect = (page: Page) => page.getByRole("button", { name: "Connect read-only" });
const lock = (page: Page) => page.getByRole("button", { name: "Read-only", exact: true });

test("the first screen offers the demo store, a SQLite file and a folder", async ({
  page,
}, info) => {
  await expect(page.getByRole("heading", { name: "Connect to a session store" })).toBeVisible();
  await expect(page.getByRole("radio", { name: /SQLite file/ })).toBeChecked();
  await expect(page.getByRole("radio", { name: /Folder of session files/ })).toBeVisible();
  await look(page, info, "connect");
  await page.getByRole("button", { name: /Try the demo store/ }).click();
  await expect(lock(page)).toBeVisible();
  await expect(page.getByRole("button", { name: /Connection: Demo store/ })).toBeVisible();
  await look(page, info, "demo");
});

test("nothing the page does breaks its own policy", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.reload();
  await page.getByRole("button", { name: /Try the demo store/ }).click();
  await expect(lock(page)).toBeVisible();
  for (const view of ["Purge", "Sessions"])
    await page.getByRole("button", { name: view, exact: true }).click();
  await page.getByRole("button", { name: "Recycle bin" }).click();
  await page.getByRole("button", { name: /^Settings/ }).click();
  await expect(page.getByRole("dialog", { name: "Settings" })).toBeVisible();
  expect(complaints).toEqual([]);
});

test("a SQLite file is opened by keyboard alone", async ({ page, host }) => {
  makeSqlite(host.folder, "shop.sqlite3");
  await expect(file(page)).toBeFocused();
  await page.keyboard.type(join(host.folder, "sh"));
  await expect(page.getByRole("option", { name: /shop\.sqlite3/ })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(file(page)).toHaveValue(join(host.folder, "shop.sqlite3"));
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(/shop/);
  await page.keyboard.press("Enter");
  await expect(lock(page)).toBeVisible();
  await expect(page.getByRole("button", { name: /Connection: shop/ })).toBeVisible();
});

test("a name that was typed stays, whatever the path suggests", async ({ page, host }) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  await file(page).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("the shop");
  await connect(page).click();
  await expect(page.getByRole("button", { name: /Connection: the shop/ })).toBeVisible();
});

test("a form sent before a name was suggested takes the suggestion", async ({ page, host }) => {
  await file(page).fill(makeSqlite(host.folder, "shop.sqlite3"));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await expect(lock(page)).toBeVisible();
  await expect(page.getByRole("button", { name: /Connection: shop/ })).toBeVisible();
});

test("testing shows each step and what the keys are worth", async ({ page, host }, info) => {
  const { secretKey = "", fallbacks = [] } = demoSecrets();
  await file(page).fill(makeSqlite(host.folder, "shop.sqlite3"));
  await page.getByLabel("SECRET_KEY", { exact: true }).fill(secretKey);
  await page.getByRole("button", { name: "Add a key from SECRET_KEY_FALLBACKS" }).click();
  await page.getByLabel("Fallback 1", { exact: true }).fill(fallbacks[0] ?? "");
  await page.getByRole("button", { name: "Test connection" }).click();
  const result = page.getByRole("complementary", { name: "Test result" });
  await expect(result.getByRole("heading", { name: /Connected/ })).toBeVisible();
  await expect(result.getByText("200 sessions sampled")).toBeVisible();
  await expect(result.getByText("valid with the current key")).toBeVisible();
  await expect(page.getByText(/^[1-9]\d* of 200$/).first()).toBeVisible();
  await look(page, info, "tested");
  await connect(page).click();
  await expect(lock(page)).toBeVisible();
  const saved = readFileSync(join(host.home, "connections.json"), "utf8");
  expect(saved).toContain("shop.sqlite3");
  expect(saved).not.toContain(secretKey);
});

test("what cannot be opened says so at the field, and is not kept", async ({
  page,
  host,
}, info) => {
  const text = join(host.folder, "notes.txt");
  writeFileSync(text, "no database");
  const empty = join(host.folder, "empty.sqlite3");
  const db = new Database(empty);
  db.exec("CREATE TABLE other (id integer)");
  db.close();
  const cases: [string, RegExp][] = [
    [join(host.folder, "missing.sqlite3"), /missing\.sqlite3/],
    [text, /not a SQLite database/],
    [empty, /django_session|no table/i],
  ];
  for (const [path, message] of cases) {
    await file(page).fill(path);
    await page.getByLabel("Name", { exact: true }).fill("broken");
    await connect(page).click();
    await expect(page.getByRole("alert").filter({ hasText: message })).toBeVisible();
    await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
  }
  await look(page, info, "problem");
  await expect(page.getByText("Saved connections")).toBeHidden();
  const saved = join(host.home, "connections.json");
  if (existsSync(saved)) expect(readFileSync(saved, "utf8")).not.toContain("broken");
});

test("another table name can be given", async ({ page, host }) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  const db = new Database(path);
  db.exec("ALTER TABLE django_session RENAME TO visits");
  db.close();
  await file(page).fill(path);
  await page.getByLabel(/Session table/).fill("visits");
  await page.getByLabel("Name", { exact: true }).fill("renamed");
  await connect(page).click();
  await expect(lock(page)).toBeVisible();
});

test("a folder of session files, and a path of the other kind", async ({ page, host }, info) => {
  const path = makeFiles(host.folder, "sessions");
  const none = join(host.folder, "none");
  mkdirSync(none);
  await page.getByRole("radio", { name: /Folder of session files/ }).check();
  const folder = page.getByRole("combobox", { name: "Folder" });
  await folder.fill(none);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("alert")).toContainText("holds no session files");
  await page.getByRole("radio", { name: /SQLite file/ }).check();
  await file(page).fill(path);
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Use Folder of session files" }).click();
  await expect(folder).toHaveValue(path);
  await look(page, info, "folder");
  await connect(page).click();
  await expect(lock(page)).toBeVisible();
});

test("a pasted path fills the form", async ({ page, host }) => {
  const path = makeSqlite(host.folder, "pasted.sqlite3");
  await page.getByLabel("Group").fill(`sqlite:///${path.slice(1)}`);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+x");
  await page.getByRole("radio", { name: /SQLite file/ }).focus();
  await page.keyboard.press("Control+v");
  await expect(file(page)).toHaveValue(path);
});

test("a saved connection is edited and removed; the store stays", async ({ page, host }, info) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  await file(page).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("shop");
  await page.getByRole("button", { name: "Save only" }).click();
  await expect(page.getByRole("heading", { name: "Saved connections" })).toBeVisible();
  await page.getByLabel("Group", { exact: false }).fill("acme");
  await page.getByRole("radio", { name: /Production/ }).check();
  await page.getByRole("radio", { name: "red", exact: true }).check();
  await page.getByRole("button", { name: "Save only" }).click();
  await expect(page.getByText("acme / shop")).toBeVisible();
  await page.reload();
  await expect(
    page.getByRole("button", { name: /acme \/ shop/ }).locator("svg.mark-red"),
  ).toBeVisible();
  await look(page, info, "saved");
  await page.getByRole("button", { name: "Remove shop" }).click();
  await page.getByRole("button", { name: "Remove connection" }).click();
  await expect(page.getByText("acme / shop")).toBeHidden();
  expect(existsSync(path)).toBe(true);
});

test("markup and control characters in names are shown as text", async ({ page, host }) => {
  const name = "<img src=x onerror=alert(1)>\u202egpj";
  await file(page).fill(makeSqlite(host.folder, "shop.sqlite3"));
  await page.getByLabel("Name", { exact: true }).fill(name);
  await connect(page).click();
  await expect(lock(page)).toBeVisible();
  const title = page.getByRole("button", { name: /^Connection: / });
  await expect(title).toContainText("<img src=x onerror=alert(1)>\\u202egpj");
  await expect(page.locator("img")).toHaveCount(0);
});
