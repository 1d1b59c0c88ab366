/** The window's options and its saved place, against a stand-in for Electron. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "window-"));
afterAll(() => rmSync(folder, { recursive: true }));

const stand = vi.hoisted(() => ({
  windows: [] as { options: Record<string, never>; loaded: string; emit(name: string): void }[],
  folder: "",
}));
stand.folder = folder;

vi.mock("electron", async () => {
  const { EventEmitter } = await import("node:events");
  class BrowserWindow extends EventEmitter {
    static getAllWindows = () => stand.windows;
    webContents = new EventEmitter();
    loaded = "";
    options: Record<string, never>;
    constructor(options: Record<string, never>) {
      super();
      this.options = options;
      stand.windows.push(this as never);
    }
    removeMenu() {}
    maximize() {}
    show() {}
    focus() {}
    isMinimized = () => false;
    isMaximized = () => true;
    getNormalBounds = () => ({ x: 10, y: 20, width: 1300, height: 800 });
    loadURL(url: string) {
      this.loaded = url;
      return Promise.resolve();
    }
  }
  return {
    BrowserWindow,
    app: { getPath: () => stand.folder },
    nativeTheme: { shouldUseDarkColors: false },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    net: {},
    protocol: {},
  };
});

const { createWindow, readState } = await import("../../src/main/shell/window.ts");
const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }];

test("the window is isolated and sandboxed, loads the page's own scheme, and there is only one", () => {
  const host = { serve: vi.fn() };
  createWindow(host as never);
  createWindow(host as never);
  expect(stand.windows).toHaveLength(1);
  const [window] = stand.windows;
  expect(window?.options["webPreferences"]).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webviewTag: false,
  });
  expect(window?.loaded).toBe("sessionscope://page/index.html");
});

test("closing keeps the window's place", () => {
  stand.windows[0]?.emit("close");
  const kept = readFileSync(join(folder, "window.json"), "utf8");
  expect(readState(kept, screens)).toEqual({
    bounds: { x: 10, y: 20, width: 1300, height: 800 },
    maximized: true,
  });
});

test("a damaged state, or one on a screen that is gone, is left aside", () => {
  const at = (x: number) =>
    JSON.stringify({ bounds: { x, y: 0, width: 800, height: 600 }, maximized: false });
  expect(readState("{", screens)).toBeNull();
  expect(readState('{"bounds":{"x":"1"}}', screens)).toBeNull();
  expect(readState(at(5000), screens)).toBeNull();
  expect(readState(at(100), screens)?.bounds.x).toBe(100);
});
