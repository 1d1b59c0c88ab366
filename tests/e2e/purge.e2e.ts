/** Purging: locked at first, previewed exactly, run in batches, paused, stopped, reported, put back. */
import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { countRows, makeFiles, makeSqlite } from "./stores.ts";

async function openStore(page: Page, path: string, environment = "Local") {
  await page.getByRole("combobox", { name: "Database file" }).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("shop");
  await page.getByRole("radio", { name: environment }).check();
  await page.getByRole("button", { name: "Connect read-only" }).click();
  await page.getByRole("button", { name: "Purge", exact: true }).click();
}

async function unlock(page: Page, name?: string) {
  await page.getByRole("button", { name: "Unlock writes" }).click();
  const dialog = page.getByRole("dialog", { name: /Unlock writes/ });
  if (name) await dialog.getByLabel(/to confirm/).fill(name);
  await dialog.getByRole("button", { name: "Unlock writes" }).click();
  await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();
}

const start = (page: Page) => page.getByRole("button", { name: "Start purge" });
const counted = (page: Page) => page.getByText(/counted at/);

test("from the preview to the report and back", async ({ page, host }, info) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  const before = countRows(path);
  await openStore(page, path);
  await expect(counted(page)).toBeVisible();
  await expect(page.getByText("Changes are locked on this connection.")).toBeVisible();
  await expect(start(page)).toHaveAttribute("aria-disabled", "true");
  await look(page, info, "purge-locked");
  await unlock(page);
  await expect(page.getByText(`This deletes ${before.expired} sessions`)).toBeVisible();
  await expect(page.getByRole("table", { name: "Sample of sessions to delete" })).toBeVisible();
  await look(page, info, "purge-plan");
  await start(page).click();
  await expect(page.getByRole("heading", { name: /sessions deleted/ })).toHaveText(
    `${before.expired} sessions deleted`,
  );
  await look(page, info, "purge-report");
  const after = countRows(path);
  expect(after.all).toBe(before.all - before.expired);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    (async () => {
      await page.getByRole("button", { name: "Save report" }).click();
      await page.getByRole("menuitem", { name: "As JSON" }).click();
    })(),
  ]);
  const report = JSON.parse(readFileSync(await download.path(), "utf8"));
  expect(report).toMatchObject({ done: before.expired, status: "done", connectionName: "shop" });

  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("button", { name: "Put back", exact: true }).click();
  await expect(page.getByText(`${before.expired} sessions put back.`)).toBeVisible();
  expect(countRows(path).all).toBe(before.all);
  await page.getByRole("button", { name: "New plan" }).click();
  await expect(counted(page)).toBeVisible();
});

test("older than: fewer sessions, and F5 counts again", async ({ page, host }) => {
  await openStore(page, makeSqlite(host.folder, "shop.sqlite3"));
  await expect(counted(page)).toBeVisible();
  const figure = page.locator(".figures dd").first();
  const all = Number((await figure.textContent())?.replaceAll(",", ""));
  await page.getByRole("combobox", { name: "Expired" }).selectOption("over");
  await page.getByRole("textbox", { name: "Amount" }).fill("2");
  await page.getByRole("combobox", { name: "Unit" }).selectOption("weeks");
  await expect
    .poll(async () => Number((await figure.textContent())?.replaceAll(",", "")))
    .toBeLessThan(all);
  const [before] = await counted(page).allTextContents();
  await page.waitForTimeout(1100);
  await page.keyboard.press("F5");
  await expect(counted(page)).not.toHaveText(before ?? "");
  await expect(page.getByRole("combobox", { name: "Expired" })).toHaveValue("over");
});

test("production asks for the name before it starts", async ({ page, host }, info) => {
  const path = makeSqlite(host.folder, "live.sqlite3");
  const before = countRows(path);
  await openStore(page, path, "Production");
  await unlock(page, "shop");
  await expect(counted(page)).toBeVisible();
  await expect(start(page)).toHaveAttribute("aria-disabled", "true");
  await start(page).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("The name typed does not match yet.")).toBeVisible();
  expect(countRows(path).all).toBe(before.all);
  await page.getByLabel("Connection name").fill("shop");
  await look(page, info, "purge-production");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /sessions deleted/ })).toBeVisible();
});

test("a recycle bin that is too small refuses; without a copy it goes", async ({
  page,
  host,
}, info) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  await openStore(page, path);
  await unlock(page);
  await page.keyboard.press("Control+,");
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("textbox", { name: "Recycle bin limit" }).fill("0");
  await dialog.getByRole("button", { name: "Set limit" }).click();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Count again" }).click();
  await expect(
    page.getByRole("status").filter({ hasText: /The recycle bin has 0 B left/ }),
  ).toBeVisible();
  await look(page, info, "purge-no-room");
  await page.getByRole("switch", { name: "Keep a copy in the recycle bin" }).click();
  await start(page).click();
  await expect(page.getByRole("heading", { name: /sessions deleted/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Restore" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
});

test("a run goes on through other views and a reload; it is paused and stopped", async ({
  page,
  host,
}, info) => {
  const path = makeSqlite(host.folder, "shop.sqlite3", 12);
  const before = countRows(path);
  await openStore(page, path);
  await unlock(page);
  await page.getByRole("textbox", { name: "Pause between batches" }).fill("1500");
  await expect(counted(page)).toBeVisible();
  await start(page).click();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Sessions", exact: true }).click();
  await page.getByRole("button", { name: /^Purging/ }).click();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();
  await page.keyboard.press(" ");
  await expect(page.getByText("Paused", { exact: true })).toBeVisible();
  await look(page, info, "purge-paused");
  await page.getByRole("button", { name: /Resume/ }).click();
  await expect(page.getByText("Running", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText(/Stopped by hand/)).toBeVisible();
  await look(page, info, "purge-stopped");
  const left = countRows(path);
  expect(left.all).toBeLessThan(before.all);
  expect(left.expired).toBeGreaterThan(0);
});

test("files: those Django never removes stay unless asked for", async ({ page, host }, info) => {
  const path = makeFiles(host.folder, "sessions");
  await page.getByRole("radio", { name: /Folder of session files/ }).check();
  await page.getByRole("combobox", { name: "Folder" }).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("files");
  await page.getByRole("button", { name: "Connect read-only" }).click();
  await page.getByRole("button", { name: "Purge", exact: true }).click();
  await expect(counted(page)).toBeVisible();
  const box = page.getByRole("checkbox", { name: /never removes/ });
  await expect(box).not.toBeChecked();
  await expect(page.getByText("20 sessions would be deleted.")).toBeVisible();
  await look(page, info, "purge-files");
  await unlock(page);
  await start(page).click();
  await expect(page.getByRole("heading", { name: "20 sessions deleted" })).toBeVisible();
  expect(readdirSync(path)).toHaveLength(23);
  await page.getByRole("button", { name: "New plan" }).click();
  await box.check();
  await expect(page.getByText("This deletes 3 sessions.")).toBeVisible();
  await start(page).click();
  await expect(page.getByRole("heading", { name: "3 sessions deleted" })).toBeVisible();
  expect(readdirSync(path)).toHaveLength(20);
});

test("everything by keyboard, from the plan to the report", async ({ page, host }) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  const before = countRows(path);
  await page.keyboard.type(path);
  await page.keyboard.press("Escape");
  await page.getByLabel("Name", { exact: true }).fill("shop");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Read-only", exact: true })).toBeVisible();
  await page.keyboard.press("Control+2");
  await expect(counted(page)).toBeVisible();
  await page.keyboard.press("Control+Shift+L");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    if ((await start(page).and(page.locator(":focus")).count()) > 0) break;
  }
  await expect(start(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /sessions deleted/ })).toBeVisible();
  expect(countRows(path).all).toBe(before.all - before.expired);
});
