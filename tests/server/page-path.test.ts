import { expect, test } from "vitest";
import { pagePath } from "../../src/main/server/page-path.ts";

test.each([
  ["/", "/page/index.html"],
  ["/assets/a.js?x=1", "/page/assets/a.js"],
  ["sessionscope://page/index.html", "/page/index.html"],
])("%s names %s", (requested, path) => {
  expect(pagePath("/page", requested)).toBe(path);
});

test("dots that the URL itself folds away stay inside", () => {
  expect(pagePath("/page", "/%2e%2e/secret")).toBe("/page/secret");
});

test.each(["/..%2fsecret", "/%00", "/%zz", "/a/%2e%2e%2f%2e%2e%2fsecret"])(
  "%s leaves the folder or is no path",
  (requested) => {
    expect(pagePath("/page", requested)).toBeNull();
  },
);
