/** The simulator: scenarios built, played, explained, compared, saved and opened; nothing is lost. */
import type { Page } from "@playwright/test";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { noise, openDemo } from "./sessions-page.ts";
import {
  addPolicy,
  clock,
  detail,
  downloaded,
  openPreset,
  openSimulator,
  openText,
  policy,
  requests,
  timeline,
} from "./simulate-page.ts";

/** What each preset has to show. */
const verdicts: Record<string, RegExp> = {
  "Checkout with a pause": /User logged out at 00:31:05.*signs in again at 00:34:12/,
  "Django's defaults": /User logged out at 14 d 00:00:00/,
  "Counter with 30 s": /Session lost at 00:01:49/,
  "Sliding 30 minutes": /User logged out at 02:10:00/,
  "Closed with the browser": /User logged out at 00:20:00.*browser was closed/,
  "set_expiry(300)": /Session lost at 00:09:00/,
  'set_expiry(0) is not "now"': /User logged out at 00:05:00.*stored session stays until/,
  "A nested change that is not saved": /Session stays/,
  "A 500 saves nothing": /Session stays/,
  "Login takes a new key": /Stays signed in/,
  "Session fixation comes to nothing": /Stays signed in/,
  "The test cookie": /Session stays/,
  "The cache drops a session": /User logged out at 00:00:15.*cache was full/,
  "cached_db after the row was deleted": /Stays signed in/,
  "A session file that never expires": /User logged out at 00:01:00.*without an end/,
  "Signed cookies cannot be revoked": /Logged out by the view alone.*copied cookie works/,
};

test("every preset runs and shows its verdict", async ({ page }, info) => {
  const heard = noise(page);
  await openSimulator(page);
  await page.getByRole("tab", { name: "Presets" }).click();
  const names = page.locator(".preset > span");
  await expect(names).toHaveCount(Object.keys(verdicts).length);
  expect(await names.allTextContents()).toEqual(Object.keys(verdicts));
  for (const [name, verdict] of Object.entries(verdicts)) {
    await openPreset(page, name);
    await expect(policy(page, "A")).toContainText(verdict);
    await expect(detail(page).getByRole("list", { name: "What was done, in order" })).toBeVisible();
  }
  await openPreset(page, "Counter with 30 s");
  await expect(requests(page)).toHaveCount(7);
  await look(page, info, "simulate-preset");
  expect(heard).toEqual([]);
});

test("built with the pointer: added, edited, dragged, undone", async ({ page }, info) => {
  await openDemo(page);
  await openSimulator(page);
  await expect(requests(page)).toHaveCount(3);
  await page.getByRole("tab", { name: "Policy" }).click();
  await page.getByRole("textbox", { name: "SESSION_COOKIE_AGE" }).fill("5 min");
  await expect(policy(page, "A")).toContainText("Session lost at 00:06:00");
  await page.getByRole("switch", { name: "SESSION_SAVE_EVERY_REQUEST" }).click();
  await expect(page.getByText("2 settings differ from Django's defaults")).toBeVisible();

  const lane = page.getByRole("list", { name: "Requests" });
  const box = await lane.boundingBox();
  if (!box) throw new Error("The lane has no size.");
  await page.mouse.click(box.x + box.width * 0.35, box.y + 70);
  await expect(requests(page)).toHaveCount(4);
  await expect(policy(page, "A")).toContainText("Session stays");
  await page.getByLabel("Path").fill("/halfway/");
  await expect(requests(page).nth(2)).toHaveAccessibleName(/GET \/halfway\/, status 200/);

  const before = await requests(page).nth(2).getAttribute("aria-label");
  const dot = await requests(page).nth(2).locator(".dot").boundingBox();
  if (!dot) throw new Error("The dot has no size.");
  await page.mouse.move(dot.x + 7, dot.y + 7);
  await page.mouse.down();
  await page.mouse.move(dot.x + 127, dot.y + 7, { steps: 6 });
  await page.mouse.up();
  await expect(requests(page)).toHaveCount(4);
  await expect(requests(page).nth(2)).not.toHaveAttribute("aria-label", before ?? "");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(requests(page).nth(2)).toHaveAttribute("aria-label", before ?? "");
  await page.getByRole("button", { name: "Redo" }).click();
  await expect(requests(page).nth(2)).not.toHaveAttribute("aria-label", before ?? "");

  await page.getByRole("button", { name: "Add action" }).click();
  await page.getByRole("combobox", { name: "Action 2" }).selectOption("setExpiry");
  await page.getByRole("textbox", { name: "seconds of action 2" }).fill("0");
  await expect(
    detail(page)
      .getByText(/set_expiry\(0\)/)
      .first(),
  ).toBeVisible();
  await page.getByRole("button", { name: "Add event" }).click();
  await page.getByRole("menuitem", { name: "Browser closes" }).click();
  await expect(page.getByRole("button", { name: /browser closed/i }).first()).toBeVisible();
  await look(page, info, "simulate-built");
});

test("built and played by keyboard alone", async ({ page }) => {
  const heard = noise(page);
  await expect(page.getByRole("button", { name: /Try the demo store/ })).toBeVisible();
  await page.keyboard.press("Control+d");
  await expect(page.getByRole("grid", { name: "Sessions" })).toBeVisible();
  await page.keyboard.press("Control+3");
  await expect(timeline(page)).toBeVisible();
  const reach = async (name: string | RegExp, role: "button" | "textbox" | "slider" | "tab") => {
    const target = page.getByRole(role, { name });
    for (let step = 0; step < 120; step++) {
      if ((await target.and(page.locator(":focus")).count()) > 0) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`${name} was not reached by Tab.`);
  };
  await reach("Policy", "tab");
  await page.keyboard.press("ArrowRight");
  await reach("Add request", "button");
  await page.keyboard.press("Enter");
  await expect(requests(page)).toHaveCount(4);
  await expect(requests(page).nth(3)).toHaveAccessibleName(/^Request 4 at 00:19:00/);
  await page.keyboard.press("F6");
  await reach("Virtual time", "slider");
  await page.keyboard.press("Home");
  await expect(clock(page)).toContainText("00:00:00");
  await page.keyboard.press("ArrowRight");
  await expect(clock(page)).toContainText("00:01:00");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(clock(page)).toContainText("00:01:01");
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(clock(page)).toContainText("00:00:00");
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.keyboard.press(" ");
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(clock(page)).toContainText("00:19:00");
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();

  await page.keyboard.press("Control+z");
  await expect(requests(page)).toHaveCount(3);
  await page.keyboard.press("Control+Shift+z");
  await expect(requests(page)).toHaveCount(4);

  const last = requests(page).nth(3);
  await last.focus();
  await page.keyboard.press("Alt+ArrowRight");
  await expect(requests(page).nth(3)).not.toHaveAccessibleName(/^Request 4 at 00:19:00/);
  await requests(page).nth(3).focus();
  await page.keyboard.press("Delete");
  await expect(requests(page)).toHaveCount(3);
  expect(heard).toEqual([]);
});

test("playing moves the playhead linearly and is paused", async ({ page }) => {
  await openSimulator(page);
  await page.getByRole("radio", { name: "60×" }).check({ force: true });
  await page.getByRole("button", { name: "Play" }).click();
  const head = page.getByRole("slider", { name: "Virtual time" });
  const now = async () => Number(await head.getAttribute("aria-valuenow"));
  await expect.poll(now).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  const stopped = await now();
  expect(stopped).toBeLessThan(600);
  await page.waitForTimeout(300);
  expect(await now()).toBe(stopped);
});

test("two to four policies side by side, shown, removed", async ({ page }, info) => {
  await openSimulator(page);
  await openPreset(page, "Sliding 30 minutes");
  await addPolicy(page, "Django defaults");
  await addPolicy(page, "Close with browser");
  await addPolicy(page, "Signed cookies");
  await expect(policy(page, "A")).toContainText("User logged out at 02:10:00");
  await expect(policy(page, "A")).toContainText("fails 1 check: security.W012");
  await expect(policy(page, "B")).toContainText("Stays signed in");
  await expect(policy(page, "D")).toContainText("0 store writes");
  await page.getByRole("button", { name: "Add policy" }).click();
  await expect(page.getByRole("menuitem", { name: "Django defaults" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await page.keyboard.press("Escape");
  await look(page, info, "simulate-compare");
  await page.getByRole("button", { name: "Show Django defaults above" }).click();
  await expect(policy(page, "A")).toContainText("Django defaults");
  await expect(policy(page, "B")).toContainText("User logged out at 02:10:00");
  await page.getByRole("button", { name: "Remove Close with browser" }).click();
  await expect(policy(page, "D")).toHaveCount(0);
});

test("saved as a file and opened again, with its policies", async ({ page }) => {
  await openSimulator(page);
  await openPreset(page, "Checkout with a pause");
  await addPolicy(page, "Sliding 30 minutes");
  const text = await downloaded(page, () =>
    page.getByRole("button", { name: "Save scenario" }).click(),
  );
  const written = JSON.parse(text);
  expect(written).toHaveLength(2);
  expect(written[1]).toMatchObject({
    title: "Sliding 30 minutes",
    settings: { SESSION_COOKIE_AGE: 1800, SESSION_SAVE_EVERY_REQUEST: true },
  });
  await openPreset(page, "The test cookie");
  await openText(page, "checkout.json", text);
  await expect(page.getByRole("button", { name: /^Scenario: Checkout/ })).toBeVisible();
  await expect(policy(page, "A")).toContainText("User logged out at 00:31:05");
  await expect(policy(page, "B")).toContainText("Sliding 30 minutes");
  const again = await downloaded(page, () =>
    page.getByRole("button", { name: "Save scenario" }).click(),
  );
  expect(JSON.parse(again)).toEqual(written);
});

test("bad files: the place and the reason, and the open scenario stays", async ({ page }, info) => {
  await openSimulator(page);
  await openPreset(page, "Counter with 30 s");
  const stays = async () => {
    await expect(page.getByRole("button", { name: "Scenario: Counter with 30 s" })).toBeVisible();
    await expect(requests(page)).toHaveCount(7);
  };
  const bad: [string, RegExp][] = [
    ['{"steps": [{"at": 0, "requ', /cut\.json was not opened.*line 1/s],
    ['{"django": "1.2", "steps": []}', /1\.2/],
    ['{"steps": [{"at": 0, "request": {"actions": [{"op": "explode"}]}}]}', /explode/],
    ['{"steps": [{"at": "noon", "request": {}}]}', /step 1.*at must be a number/s],
    ["", /was not opened/],
  ];
  for (const [text, reason] of bad) {
    await openText(page, "cut.json", text);
    await expect(page.getByRole("alert")).toContainText(reason);
    await stays();
    await page.getByRole("button", { name: "Dismiss" }).click();
  }
  await openText(page, "cut.json", '{"steps": [{"at": 0, "requ');
  await expect(page.getByRole("alert")).toBeVisible();
  await look(page, info, "simulate-bad-file");
});

test("what is in no file comes back after the page was closed", async ({ page, host }) => {
  await openSimulator(page);
  await page.getByRole("tab", { name: "Steps" }).click();
  await page.getByLabel("Title").fill("Kept over the night");
  await expect(page.getByRole("button", { name: /^Scenario: Kept over/ })).toBeVisible();
  const other = await page.context().newPage();
  await page.close();
  await other.goto(host.url);
  await openSimulator(other);
  await expect(
    other.getByText("Restored with changes that are in no file: Kept over the night."),
  ).toBeVisible();
  await expect(other.getByRole("button", { name: /^Scenario: Kept over/ })).toBeVisible();
  await other.getByRole("button", { name: "New and open" }).click();
  await other.getByRole("menuitem", { name: "Duplicate this scenario" }).click();
  await expect(other.getByRole("button", { name: /^Scenario: Kept.*copy/ })).toBeVisible();
  await other.getByRole("button", { name: "New and open" }).click();
  await other.getByRole("menuitem", { name: "Close this scenario" }).click();
  await expect(
    other.getByRole("button", { name: /^Scenario: Kept over the night,/ }),
  ).toBeVisible();
  await other.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await expect(other.getByRole("button", { name: /^Scenario: Kept.*copy/ })).toBeVisible();
});

test("two windows share what is open, and neither overwrites the other", async ({ page, host }) => {
  const shown = (window: Page, name: RegExp) => window.getByRole("button", { name });
  await openSimulator(page);
  await page.getByRole("tab", { name: "Steps" }).click();
  await page.getByLabel("Title").fill("One");
  const other = await page.context().newPage();
  await other.goto(host.url);
  await openSimulator(other);
  await expect(shown(other, /^Scenario: One,/)).toBeVisible();
  await other.getByRole("button", { name: "New and open" }).click();
  await other.getByRole("menuitem", { name: "Duplicate this scenario" }).click();
  await expect(shown(other, /^Scenario: One, copy/)).toBeVisible();
  await other.getByRole("tab", { name: "Steps" }).click();
  await other.getByLabel("Title").fill("Two");

  // Each goes on with its own; a change made here is there in the other window too.
  await page.getByLabel("Title").fill("One and a half");
  await shown(other, /^Scenario: Two,/).click();
  await other.getByRole("menuitemradio", { name: /One and a half/ }).click();
  await expect(requests(other)).toHaveCount(3);
  await other.getByLabel("Title").fill("Three");
  await expect(shown(page, /^Scenario: Three,/)).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(shown(other, /^Scenario: One and a half,/)).toBeVisible();

  await page.reload();
  await openSimulator(page);
  await expect(shown(page, /^Scenario: One and a half,/)).toBeVisible();
  await shown(page, /^Scenario: One and/).click();
  await expect(page.getByRole("menuitemradio", { name: /^Two/ })).toBeVisible();
});

test("a wrong setting is said at its field; the last run stays", async ({ page }) => {
  await openSimulator(page);
  await page.getByRole("textbox", { name: "SESSION_CACHE_ALIAS" }).fill("nowhere");
  await page.getByRole("combobox", { name: "SESSION_ENGINE" }).selectOption({ label: "cache" });
  await expect(page.getByRole("alert")).toContainText(/nowhere/);
  await expect(requests(page)).toHaveCount(3);
  await page.getByRole("button", { name: "Reset SESSION_CACHE_ALIAS" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(policy(page, "A")).toContainText("Session stays");
});

test("the timeline as a table, narrow and wide", async ({ page }, info) => {
  await openSimulator(page);
  await openPreset(page, "Checkout with a pause");
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const table = page.getByRole("table", { name: /Every step/ });
  await expect(table.getByRole("button", { name: /POST \/accounts\/login\// })).toHaveCount(2);
  await expect(table.getByText(/Lost|lost/).first()).toBeVisible();
  await look(page, info, "simulate-table");
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.setViewportSize({ width: 1100, height: 720 });
  await expect(timeline(page)).toBeVisible();
  await look(page, info, "simulate-1100x720");
});
