import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Real servers, real Django and real files: slow machines need room, hangs still end.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
