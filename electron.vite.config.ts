/**
 * Builds the three sides into out/: main (every entry and chunk flat in out/main, so that workers and the page are found
 * beside them), the sandboxed preload (CommonJS, as Electron's sandbox wants), and the page.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "electron-vite";

const main = (name: string) => `src/main/${name}.ts`;

export default defineConfig({
  main: {
    build: {
      rollupOptions: {
        input: {
          electron: main("electron"),
          host: main("host"),
          cli: main("cli"),
          worker: main("worker"),
        },
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: "src/preload/preload.ts" },
        output: { format: "cjs", entryFileNames: "[name].cjs" },
      },
    },
  },
  renderer: {
    root: "src/renderer",
    plugins: [react()],
    build: {
      // Inlined assets would need data: in the Content-Security-Policy.
      assetsInlineLimit: 0,
      rollupOptions: { input: { index: "src/renderer/index.html" } },
    },
  },
});
