/** Browsing: rows, filters, order, the expiry strip, pages in both directions, scans, and stores with nothing to show. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import {
  addToken,
  filterField,
  footer,
  inspector,
  noise,
  openDemo,
  openSqlite,
  rows,
} from "./sessions-page.ts";
import { countRows, makeSqlite } from "./stores.ts";

// axe in both themes takes its time where two cores do other things as well.
test.describe.configure({ timeout: 240_000 });

test("the demo store's rows, its strip and its count", async ({ page, host }, info) => {
  const heard = noise(page);
  await openDemo(page);
  const { all } = countRows(join(host.home, "demo.sqlite3"));
  await expect(footer(page)).toContainText(`${all.toLocaleString("en-US")} in store`);
  await expect(page.getByRole("figure", { name: /expired before now/ })).toBeVisible();
  await expect(page.getByText(/^now \d\d:\d\d$/)).toBeVisible();
  const first = rows(page).first();
  await expect(first).toContainText("Active");
  await expect(first).toContainText(/in \d+ d/);
  await expect(first).toContainText("Current");
  expect(await first.getAttribute("aria-rowindex")).toBe("2");
  await first.click();
  await expect(inspector(page)).toBeVisible();
  await look(page, info, "sessions");
  await page.setViewportSize({ width: 1100, height: 720 });
  await expect(page.getByRole("columnheader", { name: "Encoding" })).toHaveCount(0);
  await look(page, info, "sessions-narrow");
  expect(heard).toEqual([]);
});

test("filters as chips: entered, corrected, removed", async ({ page }, info) => {
  await openDemo(page);
  await addToken(page, "state:expired");
  await expect(rows(page).first()).toContainText("Expired");
  for (const text of await rows(page).allInnerTexts()) expect(text).toContain("Expired");
  await addToken(page, "user:alcie");
  await expect(page.getByText("No session matches")).toBeVisible();
  await expect(page.getByText(/\d+ sessions were checked/)).toBeVisible();
  await expect(page.getByText("user:alcie alone excludes everything")).toBeVisible({
    timeout: 40_000,
  });
  await expect(page.getByRole("button", { name: "Remove state:expired" })).toHaveCount(0);
  await look(page, info, "no-match");
  await page.getByRole("button", { name: "Remove user:alcie" }).click();
  await expect(rows(page).first()).toBeVisible();

  // Backspace takes the last chip back into the field.
  await filterField(page).click();
  await page.keyboard.press("Backspace");
  await expect(filterField(page)).toHaveValue("state:expired");
  await filterField(page).fill("sate:expired");
  await page.keyboard.press("Enter");
  await expect(page.getByText("There is no filter named sate.")).toHaveCount(2);
  await expect(page.locator(".token.is-bad")).toHaveAttribute("title", /state: is one/);
  await look(page, info, "bad-filter");
  await page.locator(".token").getByRole("button").click();
  await expect(page.locator(".token")).toHaveCount(0);
  await expect(rows(page).first()).toBeVisible();
});

test("suggestions for names, values and users", async ({ page }) => {
  await openDemo(page);
  await filterField(page).click();
  const options = page.getByRole("listbox", { name: "Suggestions" }).getByRole("option");
  await expect(options).toHaveCount(7);
  await page.keyboard.type("st");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(filterField(page)).toHaveValue("state:");
  await expect(options).toHaveCount(3);
  await options.filter({ hasText: "browser" }).click();
  await expect(rows(page).first()).toContainText("Browser");
  await filterField(page).fill("user:ali");
  await expect(options.filter({ hasText: "user:alice" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await expect(page.locator(".token")).toHaveCount(2);
});

test("every session of one user, by a scan", async ({ page, host }) => {
  await openDemo(page);
  await addToken(page, "user:alice");
  await expect(footer(page)).toContainText(/[\d,]+ checked in/);
  const { all } = countRows(join(host.home, "demo.sqlite3"));
  await expect(footer(page)).toContainText(`${all.toLocaleString("en-US")} checked`);
  for (const text of await rows(page).allInnerTexts()) expect(text).toContain("alice");
  // The store is scanned in parts at once; its matches are in order all the same.
  const ends = await rows(page)
    .locator("td:nth-child(4)")
    .evaluateAll((cells) =>
      cells.map((cell) =>
        Date.parse((cell as HTMLElement).title.replace(" UTC", " GMT").replace(",", "")),
      ),
    );
  expect(ends.length).toBeGreaterThan(10);
  expect(ends).toEqual(ends.toSorted((a, b) => b - a));
});

test("order by expiry both ways", async ({ page }) => {
  await openDemo(page);
  const newest = await rows(page).first().getAttribute("data-key");
  const header = page.getByRole("columnheader", { name: "Expires" });
  await expect(header).toHaveAttribute("aria-sort", "descending");
  await header.getByRole("button").click();
  await expect(header).toHaveAttribute("aria-sort", "ascending");
  await expect(rows(page).first()).toContainText("ago");
  await header.getByRole("button").click();
  await expect(rows(page).first()).toHaveAttribute("data-key", newest ?? "");
});

test("a range brushed on the expiry strip, by mouse and by keyboard", async ({ page }, info) => {
  await openDemo(page);
  const plot = await page.locator(".strip-plot").boundingBox();
  const line = await page.locator(".nowline").boundingBox();
  if (!plot || !line) throw new Error("The strip has no size.");
  await page.mouse.move(plot.x + 30, plot.y + 20);
  await page.mouse.down();
  await page.mouse.move(line.x - 12, plot.y + 20, { steps: 4 });
  await page.mouse.up();
  await expect(page.locator(".token")).toContainText("expires:");
  await expect(rows(page).first()).toContainText("Expired");
  await look(page, info, "brushed");

  const earliest = page.getByRole("slider", { name: "Expiry range, earliest" });
  const latest = page.getByRole("slider", { name: "Expiry range, latest" });
  await latest.focus();
  await page.keyboard.press("End");
  await earliest.focus();
  const before = Number(await earliest.getAttribute("aria-valuenow"));
  for (let step = 0; step < 60; step++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  expect(Number(await earliest.getAttribute("aria-valuenow"))).toBeGreaterThan(before + 60);
  await page.keyboard.press("Enter");
  await expect(rows(page).first()).toContainText("Active");
  await earliest.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(page.locator(".token")).toHaveCount(0);
});

test("pages come and go while the table scrolls", async ({ page, host }) => {
  // Twice as many pages as the list holds; on a busy machine each takes its time.
  test.setTimeout(240_000);
  await openSqlite(page, makeSqlite(host.folder, "many.sqlite3", 3));
  const { all } = countRows(join(host.folder, "many.sqlite3"));
  const first = await rows(page).first().getAttribute("data-key");
  await rows(page).first().click();
  const last = `rows [\\d,]+ to ${all.toLocaleString("en-US")}`;
  const wrap = page.locator(".tablewrap");
  await expect
    .poll(
      async () => {
        await wrap.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        return (await footer(page).textContent()) ?? "";
      },
      { timeout: 180_000, intervals: [150] },
    )
    .toMatch(new RegExp(last));
  expect(await rows(page).count()).toBeLessThan(80);
  // The focused row stays in the page, so that the keyboard is not lost.
  await expect(page.locator(`tr[data-key="${first}"]`)).toHaveCount(1);
  await wrap.evaluate((element) => element.scrollTo(0, 28 * 2000));
  await expect(page.locator('tr[aria-rowindex="2010"][data-key]')).toBeVisible();
  await wrap.evaluate((element) => element.scrollTo(0, 0));
  await expect(page.locator('tr[aria-rowindex="2"]')).toHaveAttribute("data-key", first ?? "");
});

test("reading again keeps the place and sees what changed", async ({ page, host }) => {
  const path = makeSqlite(host.folder, "site.sqlite3");
  await openSqlite(page, path);
  await expect(rows(page).nth(5)).toBeVisible();
  const keys = await rows(page).evaluateAll((all) =>
    all.map((each) => each.getAttribute("data-key")),
  );
  await rows(page).nth(3).click();
  const db = new Database(path);
  db.prepare("DELETE FROM django_session WHERE session_key = ?").run(keys[1]);
  db.close();
  await page.keyboard.press("F5");
  await expect(page.locator(`tr[data-key="${keys[1]}"]`)).toHaveCount(0);
  await expect(page.locator(`tr[data-key="${keys[3]}"]`)).toHaveAttribute("aria-selected", "true");
  await expect(page.locator(`tr[data-key="${keys[3]}"]`)).toHaveAttribute("tabindex", "0");
});

test("a long scan shows how far it is, and stops", async ({ page, host }, info) => {
  await openSqlite(page, makeSqlite(host.folder, "long.sqlite3", 30));
  await addToken(page, "signature:valid");
  await expect(footer(page).getByRole("button", { name: "Stop" })).toBeVisible();
  await expect(footer(page)).toContainText(/[\d,]+ scanned/);
  await look(page, info, "scan");
  await addToken(page, "key:no_such_key");
  await expect(page.getByText("No match so far")).toBeVisible();
  await footer(page).getByRole("button", { name: "Stop" }).click();
  await expect(footer(page)).toContainText(/stopped, [\d,]+ checked/);
  await page.keyboard.press("F5");
  await expect(footer(page).getByRole("button", { name: "Stop" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(footer(page)).toContainText(/stopped, [\d,]+ checked/);
});

test("a store without sessions says so", async ({ page, host }, info) => {
  const path = makeSqlite(host.folder, "empty.sqlite3");
  const db = new Database(path);
  db.exec("DELETE FROM django_session");
  db.close();
  await openSqlite(page, path);
  await expect(page.getByText("No sessions in this store")).toBeVisible();
  await look(page, info, "empty");
  await page.getByRole("button", { name: "Try the demo store" }).click();
  await expect(rows(page).first()).toBeVisible();
});

test("a store that vanishes keeps what was read and can be tried again", async ({
  page,
  host,
}, info) => {
  const path = makeSqlite(host.folder, "gone.sqlite3");
  await openSqlite(page, path);
  await expect(rows(page).first()).toBeVisible();
  renameSync(path, `${path}.away`);
  await page.keyboard.press("F5");
  const retry = page.getByRole("button", { name: "Retry" });
  await expect(retry).toBeVisible();
  await expect(rows(page).first()).toBeVisible();
  await look(page, info, "vanished");
  renameSync(`${path}.away`, path);
  await retry.click();
  await expect(retry).toBeHidden();
});

test("columns are made wider, hidden and shown", async ({ page }) => {
  await openDemo(page);
  const user = page.getByRole("columnheader", { name: "User" });
  const before = await user.boundingBox();
  if (!before) throw new Error("The column has no size.");
  const edge = before.x + before.width - 3;
  await page.mouse.move(edge, before.y + 10);
  await page.mouse.down();
  await page.mouse.move(edge + 60, before.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect
    .poll(async () => (await user.boundingBox())?.width)
    .toBeGreaterThan(before.width + 40);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemradio", { name: /Size/ }).click();
  await expect(page.getByRole("columnheader", { name: "Size" })).toHaveCount(0);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemradio", { name: /Size/ }).click();
  await expect(page.getByRole("columnheader", { name: "Size" })).toHaveCount(1);
});
