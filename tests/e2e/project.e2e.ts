/** A Django project's folder on the page: what was read and from where, what is asked for, opening, contradictions. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { demoSecrets } from "../../src/main/workspace/demo.ts";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { makeSqlite } from "./stores.ts";

const folder = (page: Page) => page.getByRole("combobox", { name: /Project folder/ });
const lock = (page: Page) => page.getByRole("button", { name: "Read-only", exact: true });
const settings = (page: Page) => page.locator(".psettings");

/** A project whose sessions are the demo's; `extra` goes at the end of its settings. */
function makeProject(at: string, extra = ""): string {
  const path = join(at, "shop");
  mkdirSync(join(path, "shop"), { recursive: true });
  makeSqlite(path, "db.sqlite3");
  writeFileSync(
    join(path, "manage.py"),
    'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
  );
  writeFileSync(join(path, "shop", "__init__.py"), "");
  writeFileSync(
    join(path, "shop", "settings.py"),
    `import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["SHOP_SECRET_KEY"]
USE_TZ = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
${extra}`,
  );
  return path;
}

async function read(page: Page, path: string): Promise<void> {
  await expect(page.getByRole("radio", { name: /Django project folder/ })).toBeVisible();
  await page.keyboard.press("Control+o");
  await expect(folder(page)).toBeFocused();
  await page.keyboard.insertText(path);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await expect(settings(page)).toBeVisible();
}

test("is read as text, asks for what is missing, and opens with the keyboard", async ({
  page,
  host,
}, info) => {
  await read(page, makeProject(host.folder));
  const age = settings(page).getByRole("row", { name: /SESSION_COOKIE_AGE/ });
  await expect(age).toContainText("604800");
  await expect(age).toContainText(/settings\.py:6/);
  await look(page, info, "project");
  const { secretKey = "" } = demoSecrets();
  await page.getByLabel("SHOP_SECRET_KEY").fill(secretKey);
  await page.keyboard.press("Enter");
  await expect(
    settings(page)
      .getByRole("row", { name: /SECRET_KEY/ })
      .first(),
  ).toContainText("kept in the host");
  expect(await page.locator("body").innerText()).not.toContain(secretKey);
  const open = page.getByRole("button", { name: "Open read-only" }).first();
  await open.focus();
  await page.keyboard.press("Enter");
  await expect(lock(page)).toBeVisible();
  await expect(page.locator(".grid tbody tr[data-key]").first()).toBeVisible();
  await expect(page.getByText("Current", { exact: true }).first()).toBeVisible();
  await look(page, info, "project-opened");
});

test("a proposal fills the form, and is saved under a name", async ({ page, host }, info) => {
  await read(page, makeProject(host.folder));
  await page.getByRole("button", { name: "Edit before opening" }).first().click();
  await expect(page.getByRole("combobox", { name: "Database file" })).toHaveValue(/db\.sqlite3$/);
  await page.getByLabel("Name", { exact: true }).fill("the shop");
  await look(page, info, "project-form");
  await page.getByRole("button", { name: "Connect read-only" }).click();
  await expect(page.getByRole("button", { name: /Connection: the shop/ })).toBeVisible();
});

test("settings that contradict the store are pointed out", async ({ page, host }, info) => {
  await read(page, makeProject(host.folder, 'SECRET_KEY = "of another site"\n'));
  await page.getByRole("button", { name: "Open read-only" }).first().click();
  await expect(lock(page)).toBeVisible();
  const band = page.locator(".band-warning");
  await expect(band).toContainText(/verif/);
  await look(page, info, "project-contradiction");
  await band.getByRole("button", { name: "Dismiss" }).click();
  await expect(band).toHaveCount(0);
});

test("a folder without a project says so", async ({ page, host }) => {
  await expect(page.getByRole("radio", { name: /Django project folder/ })).toBeVisible();
  await page.keyboard.press("Control+o");
  await folder(page).fill(host.folder);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Read settings" }).click();
  await expect(page.getByRole("alert")).toContainText(/manage\.py|settings/);
});
