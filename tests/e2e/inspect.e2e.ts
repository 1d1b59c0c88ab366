/** Inspecting: the typed tree, raw layers, cookie and history; sessions that cannot be read; a large one; the panel's size. */
import { expect, test } from "./host.ts";
import { look } from "./look.ts";
import { addToken, footer, inspector, noise, openDemo, rows } from "./sessions-page.ts";

// axe in both themes takes its time where two cores do other things as well.
test.describe.configure({ timeout: 240_000 });

test("data and raw layers of a session", async ({ page }, info) => {
  const heard = noise(page);
  await openDemo(page);
  await addToken(page, "key:cart");
  await expect(footer(page)).toContainText("checked in");
  await expect(rows(page).first().locator(".k-hit")).toHaveText("cart");
  await rows(page).first().click();
  const panel = inspector(page);
  await expect(panel.getByText(/^Active\. Expires in/)).toBeVisible();
  await expect(panel.getByRole("img", { name: /percent of its lifetime/ })).toBeVisible();
  const cart = panel.getByRole("treeitem", { name: /^cart/ });
  await expect(cart).toHaveAttribute("aria-expanded", "true");
  await expect(cart).toHaveAttribute("aria-level", "1");
  await expect(panel.getByRole("treeitem", { name: /price.*as Decimal/ }).first()).toBeVisible();
  await look(page, info, "data");

  await page.keyboard.press("Alt+2");
  await expect(panel.getByRole("region", { name: "Stored value", exact: true })).toContainText(
    "signature",
  );
  await expect(panel.getByText(/base64url decode, \d+ characters to \d+ bytes/)).toBeVisible();
  await expect(panel.getByText(/^0000 {2}78 9c/)).toBeVisible();
  await expect(panel.getByText(/parse to a dict with \d+ keys/)).toBeVisible();
  await look(page, info, "raw");
  expect(heard).toEqual([]);
});

test("cookie and history of a session", async ({ page }, info) => {
  const heard = noise(page);
  await openDemo(page);
  await rows(page).first().click();
  const panel = inspector(page);
  await expect(panel.getByRole("treeitem").first()).toBeVisible();
  await page.keyboard.press("Alt+3");
  await expect(panel.getByText("sessionid", { exact: true })).toBeVisible();
  await expect(panel.getByText("Header that a save at this moment would send")).toBeVisible();
  await look(page, info, "cookie");

  await page.keyboard.press("Alt+4");
  await expect(panel.getByText("Last saved", { exact: true })).toBeVisible();
  await look(page, info, "history");
  expect(heard).toEqual([]);
});

test("the tree is walked and folded by keyboard", async ({ page }) => {
  await openDemo(page);
  await addToken(page, "key:cart");
  await expect(footer(page)).toContainText("checked in");
  await rows(page).first().click();
  const panel = inspector(page);
  const cart = panel.getByRole("treeitem", { name: /^cart/ });
  await cart.focus();
  await expect(cart).toHaveAttribute("aria-expanded", "true");
  await cart.click();
  await expect(cart).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.press("ArrowRight");
  await expect(cart).toHaveAttribute("aria-expanded", "true");
  await page.keyboard.press("ArrowRight");
  const child = panel.locator('[role="treeitem"][tabindex="0"]');
  await expect(child).toHaveAttribute("aria-level", "2");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(cart).toBeFocused();
  await page.keyboard.press("Home");
  await expect(panel.getByRole("treeitem").first()).toBeFocused();
});

test("a value that was tampered with is shown, and not believed", async ({ page }, info) => {
  await openDemo(page);
  await addToken(page, "signature:invalid");
  await expect(footer(page)).toContainText("checked in");
  await rows(page).first().click();
  const panel = inspector(page);
  await expect(panel.getByText("Signature: no key fits")).toBeVisible();
  await expect(panel.getByText(/Django treats this session as empty/)).toBeVisible();
  await expect(panel.getByRole("treeitem", { name: /is_staff/ })).toBeVisible();
  await look(page, info, "tampered");
});

test("a value that cannot be read is shown raw, with the layer that failed", async ({
  page,
}, info) => {
  await openDemo(page);
  await addToken(page, "signature:unverified");
  const first = rows(page).first();
  await expect(first).toContainText("neither signed text nor base64");
  await first.click();
  const panel = inspector(page);
  await expect(panel.getByRole("list", { name: "How far reading got" })).toContainText(
    "Stored value",
  );
  await expect(panel.getByText("Stored value, as it is")).toBeVisible();
  await expect(panel.getByRole("button", { name: "Edit" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await look(page, info, "unreadable");
});

test("a large session is drawn in part and scrolls", async ({ page }, info) => {
  await openDemo(page);
  await addToken(page, "size:>100kb");
  await rows(page).first().click();
  const panel = inspector(page);
  const lines = panel.getByRole("treeitem");
  await expect(lines.first()).toBeVisible();
  await lines.first().focus();
  // Everything that folds is opened as the walk goes down.
  for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("End");
  await expect(panel.locator('[role="treeitem"]:focus')).toBeVisible();
  expect(await lines.count()).toBeLessThan(150);
  await page.keyboard.press("Alt+2");
  await expect(panel.getByText(/[\d,]+ more characters/).first()).toBeVisible();
  await look(page, info, "large");
});

test("the panel is made wider and narrower, and moves below when zoomed in", async ({
  page,
}, info) => {
  await openDemo(page);
  await rows(page).first().click();
  const handle = page.getByRole("separator", { name: "Width of the inspector" });
  await handle.focus();
  const before = Number(await handle.getAttribute("aria-valuenow"));
  await page.keyboard.press("ArrowLeft");
  await expect(handle).toHaveAttribute("aria-valuenow", String(before + 16));
  await page.keyboard.press("End");
  await expect(handle).toHaveAttribute("aria-valuenow", "320");
  const box = await handle.boundingBox();
  if (!box) throw new Error("The separator has no size.");
  await page.mouse.move(box.x + 3, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x - 97, box.y + 300, { steps: 4 });
  await page.mouse.up();
  await expect(handle).toHaveAttribute("aria-valuenow", /^4[12]\d$/);
  await page.setViewportSize({ width: 720, height: 800 });
  const table = await page.locator(".tablewrap").boundingBox();
  const panel = await inspector(page).boundingBox();
  expect(panel?.y ?? 0).toBeGreaterThan(table?.y ?? 0);
  expect(panel?.width).toBeGreaterThan(600);
  await look(page, info, "zoomed");
});

test("a locked store keeps its buttons and says how to unlock", async ({ page }) => {
  await openDemo(page);
  await rows(page).first().click();
  const panel = inspector(page);
  const edit = panel.getByRole("button", { name: "Edit" });
  await expect(edit).toHaveAttribute("aria-disabled", "true");
  await expect(edit).toHaveAccessibleDescription(/Changes are locked/);
  await edit.click({ force: true });
  await expect(panel.getByRole("tab", { name: "Data" })).toBeVisible();
  await panel.getByRole("button", { name: "Unlock writes" }).click();
  await expect(page.getByRole("dialog", { name: /Unlock writes/ })).toBeVisible();
});
