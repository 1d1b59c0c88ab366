/** Strangers' text in every field: shown as text, never run, never hidden; odd and huge values do no harm. */
import { join } from "node:path";
import type { Page } from "@playwright/test";
import Database from "better-sqlite3";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { addToken, inspector, noise, openSqlite, row, rows } from "./sessions-page.ts";
import { makeSqlite } from "./stores.ts";

// axe in both themes takes its time where two cores do other things as well.
test.describe.configure({ timeout: 240_000 });

const markup = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
const bidi = "safe\u202egnp.exe\u0000\u001b[31m\u200b";

/** As json.dumps() of Python: Django's serializer knows no other than ASCII text. */
const ascii = (json: string): string =>
  json.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** What django.core.signing would write, with a signature that fits no key. */
const signed = (json: string): string =>
  `${Buffer.from(ascii(json)).toString("base64url")}:1xQQiB:${"A".repeat(43)}`;

/** A store with only these sessions, by key. */
function makeHostile(folder: string, sessions: Record<string, string>): string {
  const path = makeSqlite(folder, "hostile.sqlite3");
  const db = new Database(path);
  db.exec("DELETE FROM django_session");
  db.prepare("UPDATE auth_user SET username = ? WHERE id = 1").run(markup);
  const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
  const ends = new Date(Date.now() + 5 * 86_400_000).toISOString().replace("T", " ").slice(0, 26);
  for (const [key, data] of Object.entries(sessions)) insert.run(key, data, ends.replace("Z", ""));
  db.close();
  return join(path);
}

const pwned = (page: Page): Promise<unknown> => page.evaluate("window.pwned");

test("markup, control characters and bidi marks in keys, values and names", async ({
  page,
  host,
}, info) => {
  const heard = noise(page);
  const path = makeHostile(host.folder, {
    markup: signed(
      JSON.stringify({
        _auth_user_id: "1",
        [markup]: markup,
        [bidi]: bidi,
        __proto__x: 1,
        nested: { [markup]: [markup, bidi] },
      }).replace("__proto__x", "__proto__"),
    ),
    [`${markup.slice(0, 30)}`]: signed('{"a": 1}'),
  });
  await openSqlite(page, path);
  await expect(rows(page)).toHaveCount(2);
  await row(page, "markup").click();
  const panel = inspector(page);
  await expect(panel.getByRole("treeitem", { name: /__proto__ 1 int/ })).toBeVisible();
  await expect(panel.locator(".ctlchar", { hasText: "\\u202e" }).first()).toBeVisible();
  await expect(panel.locator(".ins-title")).toContainText("<img src=x");
  await look(page, info, "hostile");
  for (const tab of ["2", "3", "4"]) {
    await page.keyboard.press(`Alt+${tab}`);
    await page.waitForTimeout(100);
  }
  await addToken(page, `key:"${markup.replace(/"/g, '\\"')}"`);
  await expect(rows(page)).toHaveCount(1);
  await page.keyboard.press("Control+k");
  await page.keyboard.type(markup.slice(0, 12));
  await expect(page.getByRole("option").first()).toBeVisible();
  expect(await page.locator(".app img, dialog img, .app script").count()).toBe(0);
  expect(await pwned(page)).toBeUndefined();
  expect(heard).toEqual([]);
});

test("values that nest too deep, are cut, are too large or are no dict", async ({
  page,
  host,
}, info) => {
  const heard = noise(page);
  const many = `{"big": [${Array.from({ length: 30_000 }, (_, n) => n).join(",")}]}`;
  const path = makeHostile(host.folder, {
    deep: signed(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
    list: signed("[1, 2, 3]"),
    cut: signed('{"a": "b').slice(0, 12),
    many: signed(many),
    text: signed(JSON.stringify({ long: "x".repeat(3_000_000) })),
    empty: "",
  });
  await openSqlite(page, path);
  await expect(rows(page)).toHaveCount(6);
  const panel = inspector(page);
  for (const key of ["deep", "list", "cut", "empty"]) {
    await row(page, key).click();
    await expect(panel.getByRole("list", { name: "How far reading got" })).toBeVisible();
    await expect(panel.locator(".fail.is-bad").first()).toBeVisible();
  }
  await look(page, info, "undecodable");
  await row(page, "many").click();
  const big = panel.getByRole("treeitem", { name: /^big/ });
  await big.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("End");
  await expect(panel.getByText(/[\d,]+ more left out of this view/)).toBeVisible();
  expect(await panel.getByRole("treeitem").count()).toBeLessThan(150);
  await row(page, "text").click();
  await expect(panel.getByRole("treeitem", { name: /^long/ })).toContainText("cut");
  expect(heard).toEqual([]);
});
