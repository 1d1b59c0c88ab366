/** The recycle bin: what was deleted is listed as it was, put back one by one or whole, or forgotten. */
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { countRows, makeSqlite } from "./stores.ts";

test("an empty bin says what it is for", async ({ page }, info) => {
  await page.getByRole("button", { name: /Try the demo store/ }).click();
  await page.getByRole("button", { name: "Recycle bin" }).click();
  await expect(page.getByText("The recycle bin is empty")).toBeVisible();
  await look(page, info, "bin-empty");
});

test("one session, the rest, and the job itself", async ({ page, host }, info) => {
  const path = makeSqlite(host.folder, "shop.sqlite3");
  const before = countRows(path);
  await page.getByRole("combobox", { name: "Database file" }).fill(path);
  await page.getByLabel("Name", { exact: true }).fill("shop");
  await page.getByRole("button", { name: "Connect read-only" }).click();
  await page.getByRole("button", { name: "Purge", exact: true }).click();
  await page.getByRole("button", { name: "Unlock writes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Unlock writes" }).click();
  await expect(page.getByText(/counted at/)).toBeVisible();
  await page.getByRole("button", { name: "Start purge" }).click();
  await expect(page.getByRole("heading", { name: /sessions deleted/ })).toBeVisible();

  await page.getByRole("button", { name: "Recycle bin" }).click();
  const entries = page.getByRole("region", { name: "Sessions" });
  await expect(entries.getByText("Expired").first()).toBeVisible();
  await look(page, info, "bin");
  await entries
    .getByRole("button", { name: /^Put back/ })
    .first()
    .click();
  await page.getByRole("button", { name: "Put back", exact: true }).click();
  await expect(page.getByText("1 session put back.")).toBeVisible();
  expect(countRows(path).all).toBe(before.all - before.expired + 1);

  // Read page by page: each End reaches the end of what was read so far.
  await expect(async () => {
    await entries.focus();
    await page.keyboard.press("End");
    const last = entries.locator(`tr[aria-rowindex="${before.expired + 1}"]`);
    await expect(last).toBeVisible({ timeout: 500 });
  }).toPass();

  await page.getByRole("button", { name: "Put all back" }).click();
  await page.getByRole("button", { name: "Put back", exact: true }).click();
  await expect(page.getByText(`${before.expired - 1} sessions put back.`)).toBeVisible();
  expect(countRows(path).all).toBe(before.all);
  await expect(page.getByRole("button", { name: "Put all back" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );

  await page.getByRole("button", { name: "Forget" }).click();
  await page.getByRole("button", { name: /^Forget \d/ }).click();
  await expect(page.getByText("The recycle bin is empty")).toBeVisible();
});
