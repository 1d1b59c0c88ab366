/** The sessions view as tests use it: opening a store, filtering, choosing rows, unlocking; and no noise on the console. */
import type { Locator, Page } from "@playwright/test";
import { expect } from "./host.ts";

export const rows = (page: Page): Locator => page.locator("tbody tr[data-key]");
export const row = (page: Page, key: string): Locator => page.locator(`tr[data-key="${key}"]`);
export const footer = (page: Page): Locator => page.locator(".footer");
export const inspector = (page: Page): Locator => page.locator("#inspector");
export const filterField = (page: Page): Locator =>
  page.getByRole("combobox", { name: "Filter sessions" });

export async function openDemo(page: Page): Promise<void> {
  await page.getByRole("button", { name: /Try the demo store/ }).click();
  await expect(rows(page).first()).toBeVisible();
}

/** Connects to a SQLite file; `secretKey` where its signatures are to be checked. */
export async function openSqlite(
  page: Page,
  path: string,
  { name = "store", production = false } = {},
): Promise<void> {
  await page.getByRole("combobox", { name: "Database file" }).fill(path);
  await page.getByLabel("Name", { exact: true }).fill(name);
  if (production) await page.getByRole("radio", { name: /Production/ }).check();
  await page.getByRole("button", { name: "Connect read-only" }).click();
  await expect(page.getByRole("grid", { name: "Sessions" })).toBeVisible();
}

/** Types a token and enters it. */
export async function addToken(page: Page, token: string): Promise<void> {
  await filterField(page).click();
  await filterField(page).fill(token);
  await page.keyboard.press("Enter");
}

export async function unlock(page: Page, name?: string): Promise<void> {
  await page.getByRole("button", { name: "Read-only", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: /Unlock writes/ });
  if (name) await dialog.getByLabel(/to confirm/).fill(name);
  await dialog.getByRole("button", { name: "Unlock writes" }).click();
  await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();
}

/** Errors of the page and of its policy, as they come. */
export function noise(page: Page): string[] {
  const heard: string[] = [];
  page.on("pageerror", (error) => heard.push(`${error.name}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") heard.push(message.text());
  });
  return heard;
}
