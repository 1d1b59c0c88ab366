import { describe, expect, test } from "vitest";
import {
  joinFilter,
  splitFilter,
  tokenParts,
  withToken,
} from "../../src/renderer/features/sessions/filter-text.ts";
import {
  barsPath,
  rangeOf,
  rangeText,
  scaleOf,
  ticks,
} from "../../src/renderer/features/sessions/strip-scale.ts";

describe("the filter's text", () => {
  test("is cut into chips and put together again", () => {
    const text = 'user:"Ada \\"L\\" K" -state:expired abc';
    expect(splitFilter(text)).toEqual(['user:"Ada \\"L\\" K"', "-state:expired", "abc"]);
    expect(joinFilter(splitFilter(text))).toBe(text);
    expect(splitFilter('user:"never closed')).toEqual(['user:"never closed']);
    expect(splitFilter("  ")).toEqual([]);
  });

  test("knows a token's name", () => {
    expect(tokenParts("-state:expired")).toEqual({ name: "-state:", value: "expired" });
    expect(tokenParts("abc")).toEqual({ name: "", value: "abc" });
    expect(tokenParts("12:30")).toEqual({ name: "", value: "12:30" });
  });

  test("has one token of a name put in place of others", () => {
    expect(withToken("expires:<1h key:cart", "expires", "a..b")).toBe("key:cart expires:a..b");
    expect(withToken("expires:<1h key:cart", "expires", "")).toBe("key:cart");
    expect(withToken("", "user", "Ada L")).toBe('user:"Ada L"');
  });
});

describe("the expiry strip", () => {
  const histogram = {
    now: "2026-11-20T10:00:00.000000Z",
    from: "2026-11-10T00:00:00.000000Z",
    to: "2026-11-30T00:00:00.000000Z",
    bins: Array.from({ length: 160 }, () => 3),
    before: 0,
    after: 0,
    never: 0,
    oldest: null,
    estimated: false,
    done: true,
  };
  const scale = scaleOf(histogram);

  test("a range is written as a token and read back", () => {
    const range = { from: 8, to: 100 };
    expect(rangeText(scale, range)).toBe("2026-11-11T00:00Z..2026-11-22T12:00Z");
    expect(rangeOf(scale, rangeText(scale, range))).toEqual(range);
  });

  test("days, open ends and what is no range", () => {
    expect(rangeOf(scale, "2026-11-11..2026-11-12")).toEqual({ from: 8, to: 24 });
    expect(rangeOf(scale, "2026-11-11..")).toEqual({ from: 8, to: 160 });
    expect(rangeOf(scale, "..2000-01-01")).toEqual({ from: 0, to: 0 });
    expect(rangeOf(scale, "<1h")).toBeNull();
  });

  test("at most eight round ticks", () => {
    const found = ticks(scale);
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThanOrEqual(8);
    expect(found.map((tick) => tick.text)).toContain("16 Nov");
  });

  test("one session among thousands is still drawn", () => {
    expect(barsPath([0, 1, 100_000], 0, 3)).toBe(
      "M1.14 40v-0.8h0.72v0.8zM2.14 40v-40.0h0.72v40.0z",
    );
    expect(barsPath([5, 5], 2, 2)).toBe("");
  });
});
