/** Everything by keyboard: filter, rows, inspector, command field, editing, and switching the letters off. */
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { filterField, footer, inspector, noise, openDemo, row, rows } from "./sessions-page.ts";

// axe in both themes takes its time where two cores do other things as well.
test.describe.configure({ timeout: 240_000 });

test("from the filter to a saved edit without a pointer", async ({ page }) => {
  const heard = noise(page);
  await expect(page.getByRole("button", { name: /Try the demo store/ })).toBeVisible();
  await page.keyboard.press("Control+d");
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press("Control+Shift+L");
  await expect(page.getByRole("dialog", { name: /Unlock writes/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();

  await page.keyboard.press("/");
  await expect(filterField(page)).toBeFocused();
  await page.keyboard.type("key:cart");
  await page.keyboard.press("Enter");
  await expect(footer(page)).toContainText("checked in");
  await page.keyboard.press("ArrowDown");
  await expect(rows(page).first()).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(rows(page).nth(2)).toBeFocused();
  await expect(rows(page).nth(2)).toHaveAttribute("aria-selected", "true");
  const key = (await rows(page).nth(2).getAttribute("data-key")) ?? "";
  await expect(inspector(page)).toContainText(key);

  await page.keyboard.press("Enter");
  await expect(inspector(page)).toBeFocused();
  await page.keyboard.press("Alt+3");
  await expect(inspector(page).getByRole("tab", { name: "Cookie" })).toHaveAttribute(
    "aria-selected",
    "true",
  );
  await page.keyboard.press("Alt+1");
  await page.keyboard.press("Escape");
  await expect(inspector(page)).toHaveCount(0);
  await expect(row(page, key)).toBeFocused();

  await page.keyboard.press("e");
  const add = inspector(page).getByRole("button", { name: "Add key" });
  await expect(add).toBeVisible();
  await add.focus();
  await page.keyboard.press("Enter");
  await expect(inspector(page).getByLabel("Key", { exact: true })).toBeFocused();
  await page.keyboard.type("by_keyboard");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type("yes");
  await page.keyboard.press("Enter");
  await expect(inspector(page).getByText("1 change", { exact: true })).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect(page.getByRole("dialog", { name: "Save 1 change" })).toBeVisible();
  await expect(
    page.getByRole("dialog").getByRole("button", { name: "Save 1 change" }),
  ).toBeEnabled();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Session saved, 1 change.")).toBeVisible();
  await expect(inspector(page).getByRole("treeitem", { name: /^by_keyboard "yes"/ })).toBeVisible();
  expect(heard).toEqual([]);
});

test("rows by arrows, pages, ends, and several at once", async ({ page }) => {
  await openDemo(page);
  await filterField(page).focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowDown");
  const focused = page.locator("tr[data-key]:focus");
  await expect(focused).toHaveAttribute("aria-rowindex", "2");
  await page.keyboard.press("PageDown");
  const after = Number(await focused.getAttribute("aria-rowindex"));
  expect(after).toBeGreaterThan(15);
  await page.keyboard.press("PageUp");
  await expect(focused).toHaveAttribute("aria-rowindex", "2");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(page.locator('tr[aria-selected="true"]')).toHaveCount(3);
  await page.keyboard.press("Control+ArrowDown");
  await page.keyboard.press("Control+ArrowDown");
  await page.keyboard.press("Space");
  await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toContainText(
    "4 sessions",
  );
  await page.keyboard.press("Escape");
  await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toHaveCount(0);
  await page.keyboard.press("Control+a");
  await expect(page.getByRole("toolbar", { name: "Selected sessions" })).toContainText(
    /[2-9]00 sessions/,
  );
  await page.keyboard.press("Escape");
  await page.keyboard.press("End");
  await expect(focused).not.toHaveAttribute("aria-rowindex", "2");
  await page.keyboard.press("Home");
  await expect(focused).toHaveAttribute("aria-rowindex", "2");
});

test("the command field goes to sessions, users and commands", async ({ page }, info) => {
  await openDemo(page);
  const key = (await rows(page).nth(7).getAttribute("data-key")) ?? "";
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Go to session, user or command" });
  await expect(field).toBeFocused();
  await page.keyboard.type(key);
  await expect(page.getByRole("option", { name: new RegExp(key) }).first()).toHaveAttribute(
    "aria-selected",
    "true",
  );
  await page.keyboard.press("Enter");
  await expect(inspector(page)).toContainText(key);
  await expect(row(page, key)).toHaveAttribute("aria-selected", "true");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("ali");
  await expect(page.getByRole("group", { name: "Users" }).getByRole("option")).toContainText(
    "alice",
  );
  await look(page, info, "palette");
  await page.keyboard.press("Enter");
  await expect(page.locator(".token")).toContainText("user:alice");
  await expect(rows(page).first()).toContainText("alice");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("dark");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("nothing fits this");
  await expect(page.getByText(/Nothing fits/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(field).toHaveCount(0);
});

test("the keyboard map, and letters that are switched off", async ({ page }, info) => {
  await openDemo(page);
  await rows(page).first().click();
  await page.keyboard.press("?");
  const map = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(map).toContainText("stop the scan");
  await look(page, info, "shortcuts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+,");
  await page.getByRole("switch", { name: "Single-letter keys" }).click();
  await page.keyboard.press("Escape");
  await rows(page).nth(1).click();
  await page.keyboard.press("?");
  await page.keyboard.press("x");
  await page.keyboard.press("/");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(rows(page).nth(1)).toBeFocused();
});
