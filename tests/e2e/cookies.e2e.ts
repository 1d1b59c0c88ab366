/** Cookies without a store: pasted, verified, edited and signed again. */
import { writeStored } from "../../src/main/engine/write.ts";
import { expect, test } from "./host.ts";
import { look } from "./look.ts";

const KEY = "the key of this test";
const cookie = (daysAgo: number, secretKey = KEY): string =>
  String(
    writeStored(new Map([["cart", ["tea", "<b>milk</b>"]]]), {
      ...{ encoding: "signed_cookies", serializer: "json", secretKey },
      now: BigInt(Date.now() - daysAgo * 86_400_000) * 1000n,
    }),
  );

test("cookies are pasted, judged, edited and signed again", async ({ page }, info) => {
  await page.getByRole("button", { name: "Cookies", exact: true }).click();
  await expect(page.getByText("No cookie is pasted")).toBeVisible();
  const pasted = [cookie(1), `sessionid=${cookie(20)}`, cookie(1, "another key"), "k".repeat(32)];
  await page.getByLabel("Values").fill(pasted.join("\n"));
  const list = page.getByRole("region", { name: "Pasted cookies" }).getByRole("listitem");
  await expect(list).toHaveText([/Not verified/, /Expired/, /Not verified/, /Not readable/]);
  await page.getByLabel("SECRET_KEY").fill(KEY);
  await expect(list).toHaveText([/Valid/, /Expired/, /No key fits/, /Not readable/]);
  await look(page, info, "cookies");

  await page.getByLabel("Content").fill('{"cart": [], "user": 7}');
  await page.getByRole("button", { name: "Sign again" }).click();
  const signed = page.getByRole("region", { name: "Signed cookie" });
  await expect(signed.getByRole("status")).toHaveText(/^Signed\. \d+ of 4,096 bytes\.$/);
  const value = await signed.locator("code").innerText();
  await page.getByLabel("Values").fill(value);
  await expect(list).toHaveText([/Valid/]);
  await expect(page.getByLabel("Content")).toHaveValue(/"user": 7/);

  await page.getByLabel("SECRET_KEY").fill("a third key");
  await expect(list).toHaveText([/No key fits/]);
  await page.getByRole("button", { name: "Sign again" }).click();
  await expect(page.getByText(/Signing it would make it valid/)).toBeVisible();
  await page.getByRole("button", { name: "Sign all the same" }).click();
  await expect(signed.getByRole("status")).toBeVisible();
  await page.getByLabel("Content").fill("{");
  await page.getByRole("button", { name: "Sign again" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await look(page, info, "cookies-bad");
});
