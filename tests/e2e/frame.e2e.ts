/** The frame: keyboard, rail, theme, locking and unlocking, production's marks, a host that stops. */
import type { Page } from "@playwright/test";
import { expect, stopHost, test } from "./host.ts";
import { look } from "./look.ts";
import { makeSqlite } from "./stores.ts";

/** The part of the page's DOM that is asked for: these settings are Node's. */
declare const document: {
  activeElement: {
    closest(selector: string): { dataset: Record<string, string | undefined> } | null;
  } | null;
};

const lock = (page: Page) => page.getByRole("button", { name: "Read-only", exact: true });

async function openDemo(page: Page) {
  await page.getByRole("button", { name: /Try the demo store/ }).click();
  await expect(lock(page)).toBeVisible();
}

async function openProduction(page: Page, path: string) {
  await page.getByRole("combobox", { name: "Database file" }).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("live shop");
  await page.getByRole("radio", { name: /Production/ }).check();
  await page.getByRole("button", { name: "Connect read-only" }).click();
  await expect(lock(page)).toBeVisible();
}

test("views, sidebar and regions by keyboard", async ({ page }) => {
  await openDemo(page);
  await page.keyboard.press("Control+2");
  await expect(page.getByRole("heading", { name: "Preview" })).toBeVisible();
  await page.keyboard.press("Control+1");
  await expect(page.getByRole("button", { name: "Sessions", exact: true })).toHaveAttribute(
    "aria-current",
    "page",
  );
  await page.keyboard.press("Control+b");
  await expect(page.getByRole("button", { name: "Show sidebar" })).toBeVisible();
  await page.keyboard.press("Control+b");
  await expect(page.getByRole("button", { name: "Show sidebar" })).toBeHidden();
  const region = () =>
    page.evaluate(() => document.activeElement?.closest("[data-region]")?.dataset["region"] ?? "");
  const seen = new Set<string>();
  for (let step = 0; step < 8; step++) {
    await page.keyboard.press("F6");
    seen.add(await region());
  }
  expect([...seen]).toEqual(expect.arrayContaining(["title", "connections", "views"]));
  expect(seen.has("")).toBe(false);
  const before = await region();
  await page.keyboard.press("F6");
  await page.keyboard.press("Shift+F6");
  expect(await region()).toBe(before);
});

test("a narrow window has a rail, and every action stays in reach", async ({ page }, info) => {
  await page.setViewportSize({ width: 1100, height: 720 });
  await openDemo(page);
  await expect(page.getByRole("button", { name: "Show sidebar" })).toBeVisible();
  await expect(page.getByText("Current").first()).toBeVisible();
  await look(page, info, "narrow");
  await page.getByRole("button", { name: "Show sidebar" }).click();
  await expect(page.getByRole("button", { name: /^Settings/ })).toBeVisible();
});

test("the theme is kept", async ({ page }) => {
  await openDemo(page);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(lock(page)).toBeVisible();
});

test("settings: theme, single keys, bin limit", async ({ page }, info) => {
  await openDemo(page);
  await page.keyboard.press("Control+,");
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await look(page, info, "settings");
  await dialog.getByRole("switch", { name: "Single-letter keys" }).click();
  await dialog.getByRole("textbox", { name: "Recycle bin limit" }).fill("many");
  await dialog.getByRole("button", { name: "Set limit" }).click();
  await expect(dialog.getByRole("alert")).toContainText("has to be a number");
  await dialog.getByRole("textbox", { name: "Recycle bin limit" }).fill("300");
  await dialog.getByRole("combobox", { name: "Unit" }).selectOption("MB");
  await dialog.getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByText("The recycle bin may hold 300 MB.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.reload();
  await page.keyboard.press("Control+,");
  await expect(dialog.getByRole("switch", { name: "Single-letter keys" })).not.toBeChecked();
  await expect(dialog.getByRole("textbox", { name: "Recycle bin limit" })).toHaveValue("300");
});

test("writes are unlocked, counted down and locked again", async ({ page }, info) => {
  await openDemo(page);
  await page.keyboard.press("Control+Shift+L");
  const dialog = page.getByRole("dialog", { name: /Unlock writes/ });
  await look(page, info, "unlock");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await lock(page).click();
  await page.keyboard.press("Enter");
  const unlocked = page.getByRole("button", { name: /Writes unlocked/ });
  await expect(unlocked).toContainText(/1[45]:\d\d left/);
  await page.reload();
  await expect(unlocked).toBeVisible();
  await page.keyboard.press("Control+Shift+L");
  await expect(lock(page)).toBeVisible();
});

test("production asks for its name and looks like it", async ({ page, host }, info) => {
  await openProduction(page, makeSqlite(host.folder, "live.sqlite3"));
  await expect(page.locator(".app.is-production")).toBeVisible();
  await lock(page).click();
  const dialog = page.getByRole("dialog", { name: /Unlock writes/ });
  const button = dialog.getByRole("button", { name: "Unlock writes" });
  await expect(button).toBeDisabled();
  await dialog.getByLabel(/to confirm/).fill("live");
  await expect(button).toBeDisabled();
  await look(page, info, "unlock-production");
  await dialog.getByLabel(/to confirm/).fill("live shop");
  await button.click();
  await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();
});

test("connections are switched, closed and opened again", async ({ page, host }) => {
  await openProduction(page, makeSqlite(host.folder, "live.sqlite3"));
  await page.getByRole("navigation", { name: "Connections" }).getByText("Demo store").click();
  await expect(page.getByRole("button", { name: /Connection: Demo store/ })).toBeVisible();
  await expect(page.locator(".app.is-production")).toHaveCount(0);
  await page.keyboard.press("Control+o");
  await page.getByRole("menuitemradio", { name: /live shop/ }).click();
  await expect(page.locator(".app.is-production")).toBeVisible();
  await page.keyboard.press("Control+o");
  await page.getByRole("menuitem", { name: "Close this connection" }).click();
  await expect(page.getByRole("heading", { name: "Connect to a session store" })).toBeVisible();
  await page
    .getByRole("button", { name: /Open live shop read-only|live shop/ })
    .first()
    .click();
  await expect(page.locator(".app.is-production")).toBeVisible();
});

test("a host that stops is told, and what was read stays", async ({ page, host }, info) => {
  await openDemo(page);
  await expect(page.getByText("Current").first()).toBeVisible();
  await stopHost(host.process);
  await expect(page.getByText("Current").first()).toBeVisible();
  const band = page.getByText(/Host stopped/);
  await expect(band).toBeVisible();
  await expect(page.getByText(/Next attempt .*, attempt \d+/)).toBeVisible();
  await expect(page.getByRole("button", { name: /Connection: Demo store/ })).toBeVisible();
  await look(page, info, "host-stopped");
  await page.getByRole("button", { name: "Retry now" }).click();
  await expect(band).toBeVisible();
});

test("without the link's token the page says what is missing", async ({ page, host, context }) => {
  const other = await context.newPage();
  await other.goto(new URL("/", host.url).href);
  await expect(other.getByText("Not connected to Sessionscope.")).toBeVisible();
  await other.close();
  await expect(page.getByRole("button", { name: /Try the demo store/ })).toBeVisible();
});

test("zoomed to 200 % every action stays in reach", async ({ page }, info) => {
  await page.setViewportSize({ width: 720, height: 450 });
  await page.getByRole("button", { name: "Connect read-only" }).scrollIntoViewIfNeeded();
  await look(page, info, "zoom-connect");
  await openDemo(page);
  await page.getByRole("button", { name: "Purge", exact: true }).click();
  await expect(page.getByText(/counted at/)).toBeAttached();
  await page.getByRole("button", { name: "Unlock writes" }).scrollIntoViewIfNeeded();
  await look(page, info, "zoom-purge");
  await page.getByRole("button", { name: "Copy statement" }).scrollIntoViewIfNeeded();
  await expect(page.getByRole("button", { name: "Copy statement" })).toBeInViewport();
});
