/** Changing sessions: in the tree, as JSON, a lost race, extend, expire, delete, log out everywhere, and undoing it. */
import { join } from "node:path";
import type { Page } from "@playwright/test";
import Database from "better-sqlite3";
import { expect, stopHost, test } from "./host.ts";
import { look } from "./look.ts";
import {
  addToken,
  footer,
  inspector,
  noise,
  openDemo,
  openSqlite,
  row,
  rows,
  unlock,
} from "./sessions-page.ts";
import { countRows, makeSqlite } from "./stores.ts";

// axe in both themes takes its time where two cores do other things as well.
test.describe.configure({ timeout: 240_000 });

const demo = (home: string): string => join(home, "demo.sqlite3");

/** A past-the-app look at one stored session. */
function stored(path: string, key: string): { data: string; expires: string } | undefined {
  const db = new Database(path, { readonly: true });
  const found = db
    .prepare(
      "SELECT session_data AS data, expire_date AS expires FROM django_session WHERE session_key = ?",
    )
    .get(key) as { data: string; expires: string } | undefined;
  db.close();
  return found;
}

const decoded = (value: string | undefined): string => {
  if (!value) throw new Error("The session is gone.");
  return value;
};

/** Opens the first session with a cart in the editor; its key. */
async function editCart(page: Page): Promise<string> {
  await addToken(page, "key:cart signature:valid");
  await expect(footer(page)).toContainText("checked in");
  const first = rows(page).first();
  await first.click();
  await expect(inspector(page).getByRole("treeitem").first()).toBeVisible();
  await page.keyboard.press("e");
  await expect(inspector(page).getByRole("tab", { name: "Edit tree" })).toBeVisible();
  return decoded((await first.getAttribute("data-key")) ?? undefined);
}

async function addKey(page: Page, key: string, type: string, value: string): Promise<void> {
  const panel = inspector(page);
  await panel.getByRole("button", { name: "Add key" }).click();
  const form = panel.getByRole("form", { name: "Add a value" });
  await form.getByLabel("Key").fill(key);
  await form.getByLabel("Type").selectOption(type);
  await form.getByLabel("Value").fill(value);
  await form.getByRole("button", { name: "Add" }).click();
  await expect(panel.getByRole("treeitem", { name: new RegExp(`^${key}`) })).toBeVisible();
}

test("values are changed, added, renamed and removed in the tree, their types kept", async ({
  page,
  host,
}, info) => {
  const heard = noise(page);
  await openDemo(page);
  await unlock(page);
  const key = await editCart(page);
  const before = stored(demo(host.home), key);
  const panel = inspector(page);
  await addKey(page, "one", "int", "1");
  await addKey(page, "one_float", "float", "1");
  await addKey(page, "big", "int", "123456789012345678901234567890");
  await addKey(page, "odd", "float", "nan");
  await addKey(page, "wrong", "str", "wrong");

  // A float that is none is refused in place.
  await panel.getByRole("treeitem", { name: /^one_float/ }).focus();
  await page.keyboard.press("Enter");
  const form = panel.getByRole("form", { name: "Edit one_float" });
  await form.getByLabel("Value").fill("one");
  await page.keyboard.press("Enter");
  await expect(form.getByText(/A float is written with a point/)).toBeVisible();
  await look(page, info, "edit-row");
  await form.getByLabel("Value").fill("1.0");
  await page.keyboard.press("Enter");

  await panel.getByRole("treeitem", { name: /^wrong/ }).focus();
  await page.keyboard.press("Enter");
  await panel.getByLabel("Key", { exact: true }).fill("right");
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("treeitem", { name: /^right/ })).toBeVisible();
  await panel.getByRole("treeitem", { name: /^right/ }).focus();
  await page.keyboard.press("Delete");
  await expect(panel.getByRole("treeitem", { name: /^right/ })).toHaveCount(0);
  await panel.getByRole("treeitem", { name: /^one 1/ }).focus();
  await page.keyboard.press("Control+z");
  await expect(panel.getByRole("treeitem", { name: /^right/ })).toBeVisible();
  await panel.getByRole("treeitem", { name: /^right/ }).focus();
  await page.keyboard.press("Delete");
  await expect(panel.getByText("4 changes", { exact: true })).toBeVisible();
  await panel.getByRole("button", { name: "Show difference" }).click();
  await expect(panel.getByRole("list", { name: "Differences" })).toContainText("one_float");

  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog", { name: "Save 4 changes" });
  await expect(dialog.getByText("123456789012345678901234567890")).toBeVisible();
  await dialog.getByRole("radio", { name: "Keep" }).click();
  await look(page, info, "save");
  await dialog.getByRole("button", { name: "Save 4 changes" }).click();
  await expect(page.getByText("Session saved, 4 changes.")).toBeVisible();
  await expect(panel.getByRole("treeitem", { name: /^one 1 int/ })).toBeVisible();
  await expect(panel.getByRole("treeitem", { name: /^one_float 1.0 float/ })).toBeVisible();
  await expect(panel.getByRole("treeitem", { name: /^odd nan float/ })).toBeVisible();
  const after = stored(demo(host.home), key);
  expect(after?.expires).toBe(before?.expires);
  expect(after?.data).not.toBe(before?.data);

  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => stored(demo(host.home), key)?.data).toBe(before?.data);
  await expect(panel.getByRole("treeitem", { name: /^big/ })).toHaveCount(0);
  expect(heard).toEqual([]);
});

test("the same value as JSON, its errors in their place", async ({ page, host }, info) => {
  const heard = noise(page);
  await openDemo(page);
  await unlock(page);
  const key = await editCart(page);
  const before = stored(demo(host.home), key);
  const panel = inspector(page);
  await panel.getByRole("tab", { name: "JSON" }).click();
  const editor = panel.getByRole("textbox", { name: "Session data as JSON" });
  await expect(editor).toBeFocused();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.insertText('\n  "ratio": 1.0, "note": oops,');
  await expect(panel.locator(".notice-danger")).toContainText("line 2, column 25");
  await expect(panel.locator(".cm-lintRange-error")).toHaveText("o");
  await expect(panel.getByRole("button", { name: /^Save/ })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await look(page, info, "json-error");
  await editor.focus();
  for (let step = 0; step < 5; step++) await page.keyboard.press("Backspace");
  await page.keyboard.insertText('"ok",');
  await expect(panel.getByText("2 changes", { exact: true })).toBeVisible();
  await look(page, info, "json");
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").getByRole("button", { name: "Save 2 changes" }).click();
  await expect(panel.getByRole("treeitem", { name: /^ratio 1.0 float/ })).toBeVisible();
  expect(stored(demo(host.home), key)?.data).not.toBe(before?.data);
  expect(heard).toEqual([]);
});

test("a lost race writes nothing and shows both versions", async ({ page, host }, info) => {
  await openDemo(page);
  await unlock(page);
  const key = await editCart(page);
  const path = demo(host.home);
  await addKey(page, "mine", "int", "1");
  // Another program saves the session meanwhile: with the value of another one.
  const db = new Database(path);
  db.prepare(
    "UPDATE django_session SET session_data = (SELECT session_data FROM django_session WHERE session_key <> ? AND length(session_data) > 300 ORDER BY expire_date DESC LIMIT 1) WHERE session_key = ?",
  ).run(key, key);
  db.close();
  const theirs = stored(path, key)?.data;
  await page.keyboard.press("Control+s");
  const save = page.getByRole("dialog", { name: "Save 1 change" });
  await save.getByRole("button", { name: "Save 1 change" }).click();
  const conflict = page.getByRole("dialog", { name: "Changed since it was read" });
  await expect(conflict.getByRole("region", { name: "Yours" })).toContainText("mine");
  await expect(
    conflict.getByRole("region", { name: "Theirs" }).locator(".difflist li").first(),
  ).toBeVisible();
  expect(stored(path, key)?.data).toBe(theirs);
  await look(page, info, "conflict");

  await conflict.getByRole("button", { name: "Edit theirs again" }).click();
  const panel = inspector(page);
  await expect(panel.getByText("Your earlier changes, not yet made here again")).toBeVisible();
  await look(page, info, "conflict-again");
  await addKey(page, "mine", "int", "1");
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").getByRole("button", { name: "Save 1 change" }).click();
  await expect(page.getByText("Session saved, 1 change.")).toBeVisible();
  expect(stored(path, key)?.data).not.toBe(theirs);
});

test("unsaved edits ask before they are left", async ({ page }, info) => {
  await openDemo(page);
  await unlock(page);
  await editCart(page);
  await addKey(page, "mine", "int", "1");
  await rows(page).nth(2).click();
  const dialog = page.getByRole("dialog", { name: "1 change not saved" });
  await look(page, info, "leave");
  await dialog.getByRole("button", { name: "Keep editing" }).click();
  await expect(inspector(page).getByRole("treeitem", { name: /^mine/ })).toBeVisible();
  await expect(rows(page).first()).toHaveAttribute("aria-selected", "true");
  await rows(page).nth(3).click();
  await dialog.getByRole("button", { name: "Discard 1 change" }).click();
  await expect(inspector(page).getByRole("tab", { name: "Data" })).toBeVisible();
  const key = await rows(page).nth(3).getAttribute("data-key");
  await expect(inspector(page)).toContainText(key ?? "");
});

test("one session is extended, expired, deleted and put back", async ({ page, host }, info) => {
  await openDemo(page);
  await unlock(page);
  await addToken(page, "expires:>5d");
  const first = rows(page).nth(4);
  const key = decoded((await first.getAttribute("data-key")) ?? undefined);
  const path = demo(host.home);
  await row(page, key).click();
  await page.keyboard.press("Shift+E");
  const extend = page.getByRole("dialog", { name: "Extend 1 session" });
  await extend.getByLabel("From now").selectOption({ label: "90 d" });
  await look(page, info, "extend");
  await extend.getByRole("button", { name: "Extend 1 session" }).click();
  await expect(page.getByText("1 session extended.")).toBeVisible();
  expect(Date.parse(`${stored(path, key)?.expires}Z`) - Date.now()).toBeGreaterThan(
    89 * 86_400_000,
  );

  await expect(row(page, key)).toContainText(/in (89|90) d/);
  await row(page, key).click();
  await expect(row(page, key)).toBeFocused();
  await page.keyboard.press("x");
  const expire = page.getByRole("dialog", { name: "Expire 1 session now" });
  await expect(expire.getByText(/sets its expiry anew/)).toBeVisible();
  await expect(expire.getByText(key)).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByText("1 session expired.")).toBeVisible();
  expect(Date.parse(`${stored(path, key)?.expires}Z`)).toBeLessThanOrEqual(Date.now() + 1000);

  await expect(row(page, key)).toHaveCount(0);
  // By its key: rows still move up while the list is read again.
  const next = decoded((await rows(page).nth(4).getAttribute("data-key")) ?? undefined);
  await row(page, next).click();
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog", { name: "Delete 1 session" });
  await expect(dialog.getByText(next)).toBeVisible();
  await expect(dialog.getByText(/fails with 400/)).toBeVisible();
  await look(page, info, "delete");
  await dialog.getByRole("button", { name: "Delete 1 session" }).click();
  await expect(row(page, next)).toHaveCount(0);
  expect(stored(path, next)).toBeUndefined();
  await page.keyboard.press("Control+z");
  await expect.poll(() => stored(path, next) !== undefined).toBe(true);
  await row(page, next).click();
  await page.keyboard.press("Alt+4");
  await expect(inspector(page).getByText("Deleted here")).toBeVisible();
  await look(page, info, "history-changed");
});

test("several sessions are chosen and deleted at once", async ({ page, host }, info) => {
  await openDemo(page);
  await unlock(page);
  const { all } = countRows(demo(host.home));
  await rows(page).nth(1).click();
  await rows(page)
    .nth(3)
    .click({ modifiers: ["Shift"] });
  await rows(page)
    .nth(6)
    .click({ modifiers: ["Control"] });
  const bar = page.getByRole("toolbar", { name: "Selected sessions" });
  await expect(bar).toContainText("4 sessions selected");
  await look(page, info, "bulk");
  await bar.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete 4 sessions" }).click();
  await expect(page.getByText("4 sessions deleted.")).toBeVisible();
  await expect(bar).toHaveCount(0);
  expect(countRows(demo(host.home)).all).toBe(all - 4);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => countRows(demo(host.home)).all).toBe(all);
});

test("one user is logged out everywhere", async ({ page, host }, info) => {
  await openDemo(page);
  await unlock(page);
  await addToken(page, "user:alice");
  await expect(footer(page)).toContainText("checked in");
  const matched = Number(/(\d+) match/.exec((await footer(page).textContent()) ?? "")?.[1]);
  expect(matched).toBeGreaterThan(10);
  const { all } = countRows(demo(host.home));
  await rows(page).first().click();
  await inspector(page).getByRole("button", { name: "Log out alice everywhere" }).click();
  const dialog = page.getByRole("dialog", { name: /Log out alice everywhere/ });
  const button = dialog.getByRole("button", { name: `Delete ${matched} sessions` });
  await expect(button).toBeEnabled();
  await look(page, info, "logout");
  await button.click();
  await expect(dialog.getByText(`${matched} sessions deleted`)).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("No session matches")).toBeVisible();
  expect(countRows(demo(host.home)).all).toBe(all - matched);
});

test("production asks for its name before each change", async ({ page, host }, info) => {
  const path = makeSqlite(host.folder, "live.sqlite3");
  await openSqlite(page, path, { name: "live shop", production: true });
  await unlock(page, "live shop");
  await rows(page).first().click();
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog", { name: /Delete 1 session/ });
  const button = dialog.getByRole("button", { name: "Delete 1 session" });
  await expect(button).toBeDisabled();
  await dialog.getByLabel(/to confirm/).fill("live shop");
  await look(page, info, "delete-production");
  await button.click();
  await expect(page.getByText("1 session deleted.")).toBeVisible();
});

test("a session that is gone is put back from its history", async ({ page, host }, info) => {
  await openDemo(page);
  await unlock(page);
  const key = decoded((await rows(page).nth(2).getAttribute("data-key")) ?? undefined);
  await rows(page).nth(2).click();
  await page.keyboard.press("Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete 1 session" }).click();
  await expect(row(page, key)).toHaveCount(0);
  await page.keyboard.press("Control+k");
  await page.keyboard.type(key);
  await page.keyboard.press("Enter");
  const panel = inspector(page);
  await expect(panel.getByText("Deleted here")).toBeVisible();
  await look(page, info, "gone");
  await panel.getByRole("button", { name: "Put this copy back" }).click();
  await expect(row(page, key)).toBeVisible();
  await expect(panel.getByRole("treeitem").first()).toBeVisible();
  expect(stored(demo(host.home), key)).toBeDefined();
});

test("edits outlive a host that stops", async ({ page, host }) => {
  await openDemo(page);
  await unlock(page);
  const key = await editCart(page);
  await addKey(page, "mine", "int", "1");
  const before = stored(demo(host.home), key);
  await stopHost(host.process);
  await expect(page.getByText(/Host stopped/)).toBeVisible();
  const panel = inspector(page);
  await expect(panel.getByRole("treeitem", { name: /^mine/ })).toBeVisible();
  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog", { name: "Save 1 change" });
  await dialog.getByRole("button", { name: "Save 1 change" }).click();
  await expect(dialog.getByText(/host is not reachable/)).toBeVisible();
  await dialog.getByRole("button", { name: "Keep editing" }).click();
  await expect(panel.getByRole("treeitem", { name: /^mine/ })).toBeVisible();
  expect(stored(demo(host.home), key)).toEqual(before);
});
