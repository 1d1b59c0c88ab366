/** From real life into the simulator and out again; the lab's forecast; the audit. */
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { inspector, openDemo, rows } from "./sessions-page.ts";
import { downloaded, openPreset, openSimulator, policy, requests } from "./simulate-page.ts";

test("a stored session becomes the start of a scenario", async ({ page }) => {
  await openDemo(page);
  await rows(page).first().click();
  const key = (await rows(page).first().getAttribute("data-key")) ?? "";
  await inspector(page).getByRole("button", { name: "Simulate from here" }).click();
  await expect(page.getByRole("button", { name: /^Scenario: .*not in a file/ })).toBeVisible();
  await expect(page.locator(".detail")).toContainText(key);
});

test("an access log and a HAR file become requests", async ({ page }, info) => {
  await openSimulator(page);
  await page.getByRole("button", { name: "New and open" }).click();
  await page.getByRole("menuitem", { name: /HAR or access log/ }).click();
  const dialog = page.getByRole("dialog", { name: /HAR file or an access log/ });
  await dialog
    .getByLabel("Or paste it here")
    .fill(
      [
        '127.0.0.1 - - [20/Nov/2026:10:00:00 +0000] "GET /cart/ HTTP/1.1" 200 512',
        "this is no line of a log",
        '127.0.0.1 - - [20/Nov/2026:10:01:30 +0000] "POST /cart/add/ HTTP/1.1" 302 0',
      ].join("\n"),
    );
  await dialog.getByRole("button", { name: "Read requests" }).click();
  await expect(dialog).toContainText("2 requests read from an access log");
  await expect(dialog).toContainText("1 left out");
  await look(page, info, "simulate-import");
  await dialog.getByRole("button", { name: "Open 2 requests" }).click();
  await expect(requests(page)).toHaveCount(2);
  await expect(requests(page).nth(1)).toHaveAccessibleName(
    /at 00:01:30: POST \/cart\/add\/, status 302/,
  );

  await page.getByRole("button", { name: "New and open" }).click();
  await page.getByRole("menuitem", { name: /HAR or access log/ }).click();
  const entry = (time: string, url: string) => ({
    startedDateTime: time,
    request: { method: "GET", url, headers: [], cookies: [] },
    response: { status: 200, headers: [], cookies: [] },
  });
  const har = {
    log: {
      version: "1.2",
      entries: [
        entry("2026-11-20T10:00:00.000Z", "https://shop.example/a/"),
        entry("2026-11-20T10:00:20.000Z", "https://shop.example/b/"),
      ],
    },
  };
  await dialog.getByLabel("HAR file or access log", { exact: true }).setInputFiles({
    name: "visit.har",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(har)),
  });
  await dialog.getByRole("button", { name: "Open 2 requests" }).click();
  await expect(requests(page).nth(1)).toHaveAccessibleName(/at 00:00:20: GET \/b\//);
});

test("a log that is none is refused with its reason", async ({ page }) => {
  await openSimulator(page);
  await page.getByRole("button", { name: "New and open" }).click();
  await page.getByRole("menuitem", { name: /HAR or access log/ }).click();
  const dialog = page.getByRole("dialog", { name: /HAR file or an access log/ });
  await dialog.getByLabel("Or paste it here").fill('{"log": {"entries": [');
  await dialog.getByRole("button", { name: "Read requests" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(requests(page)).toHaveCount(3);
});

test("a scenario leaves as a TestCase for a Django project", async ({ page }) => {
  await openSimulator(page);
  await openPreset(page, "Counter with 30 s");
  const text = await downloaded(page, async () => {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("menuitem", { name: "Django TestCase" }).click();
  });
  expect(text).toContain("TestCase");
  expect(text).toContain("SESSION_COOKIE_AGE");
});

test("the lab: a small fleet, the same figures again, a large one stopped", async ({
  page,
}, info) => {
  await page.getByRole("button", { name: "Simulate", exact: true }).click();
  await page.getByRole("button", { name: "Lab", exact: true }).click();
  await page.getByRole("textbox", { name: "New visitors a day" }).fill("200");
  await page.getByRole("textbox", { name: "Time simulated" }).fill("6");
  await page.getByRole("button", { name: "Remove Django defaults" }).click();
  await page.getByRole("button", { name: "Run 1,200 visits" }).click();
  const table = page.getByRole("table", { name: /Each policy's figures/ });
  await expect(table).toBeVisible();
  await expect(table.getByRole("columnheader", { name: "Sliding 30 minutes" })).toBeVisible();
  const first = await table.textContent();
  await expect(page.getByRole("figure")).toHaveCount(4);
  await expect(page.getByRole("figure").first()).toContainText(/Sliding 30 minutes: .* at the end/);
  await expect(page.getByText(/Poisson/)).toBeVisible();
  await look(page, info, "lab");

  await page.getByRole("textbox", { name: "Seed" }).fill("2");
  await page.getByRole("button", { name: "Run 1,200 visits" }).click();
  await expect(table).not.toHaveText(first ?? "");
  await page.getByRole("textbox", { name: "Seed" }).fill("1");
  await page.getByRole("button", { name: "Run 1,200 visits" }).click();
  await expect(table).toHaveText(first ?? "");

  await page.getByRole("textbox", { name: "New visitors a day" }).fill("500000");
  await page.getByRole("button", { name: "Run 3,000,000 visits" }).click();
  await expect(page.getByRole("progressbar", { name: "Visits simulated" })).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText("Stopped.")).toBeVisible();
  await expect(table).toHaveText(first ?? "");
  await page.getByRole("textbox", { name: "Sign in" }).fill("140");
  await expect(page.getByText("From 0 to 100.")).toBeVisible();
});

test("the audit: findings with consequence and fix, shown happening", async ({ page }, info) => {
  await openDemo(page);
  await page.keyboard.press("Control+5");
  const findings = page.getByRole("region", { name: "Findings" }).getByRole("listitem");
  await expect(findings.first()).toContainText("Consequence");
  await page.getByText("Django's defaults", { exact: true }).click();
  const secure = findings.filter({ hasText: "security.W012" });
  await expect(secure).toContainText("Fix");
  await look(page, info, "audit");
  await secure.getByRole("button", { name: /Show it happening/ }).click();
  await expect(policy(page, "A")).toContainText("fails 1 check: security.W012");
});
