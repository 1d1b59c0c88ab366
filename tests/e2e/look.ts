/** Looking at a screen: a screenshot of it as an artifact and axe over it, in both themes. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, type TestInfo } from "@playwright/test";

/** The theme follows the system here, so that switching the media switches it. */
export async function look(page: Page, info: TestInfo, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
    const path = info.outputPath(`${name}-${colorScheme}.png`);
    await page.screenshot({ path, animations: "disabled" });
    info.attachments.push({ name: `${name}-${colorScheme}`, path, contentType: "image/png" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
      );
    expect(serious, `${name}, ${colorScheme}`).toEqual([]);
  }
}
