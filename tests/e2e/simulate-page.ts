/** The simulator as tests use it: opening it, its presets, its verdicts, files in and out. */
import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { expect } from "./host.ts";

export async function openSimulator(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Simulate", exact: true }).click();
  await expect(timeline(page)).toBeVisible();
}

export const timeline = (page: Page): Locator =>
  page.getByRole("region", { name: /^Timeline, policy/ });
export const requests = (page: Page): Locator =>
  page.getByRole("list", { name: "Requests" }).getByRole("link");
export const clock = (page: Page): Locator => page.locator(".clock");
export const detail = (page: Page): Locator =>
  page.getByRole("region", { name: "Selected request" });
export const policy = (page: Page, slot: string): Locator =>
  page.getByRole("article", { name: new RegExp(`^Policy ${slot},`) });

export async function openPreset(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name: "Presets" }).click();
  await page
    .locator(".preset")
    .filter({ has: page.getByText(name, { exact: true }) })
    .click();
  await expect(page.getByRole("button", { name: `Scenario: ${name}` })).toBeVisible();
}

export async function addPolicy(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add policy" }).click();
  await page.getByRole("menuitem", { name }).click();
}

/** What a click hands the user as a file. */
export async function downloaded(page: Page, click: () => Promise<void>): Promise<string> {
  const coming = page.waitForEvent("download");
  await click();
  const file = await coming;
  return readFileSync(await file.path(), "utf8");
}

/** Opens a scenario file with that text. */
export async function openText(page: Page, name: string, text: string): Promise<void> {
  await page
    .getByLabel("Scenario file")
    .setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
}
