/** The window: isolated, sandboxed, where it was left. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { app, BrowserWindow, nativeTheme, type Rectangle, screen } from "electron";
import type { HostProcess } from "./host-process.ts";
import { pageOrigin, preloadPath } from "./page.ts";

const statePath = () => join(app.getPath("userData"), "window.json");

interface WindowState {
  bounds: Rectangle;
  maximized: boolean;
}

/** The saved state where it is whole and still on a screen, else null. */
export function readState(text: string, displays: Rectangle[]): WindowState | null {
  try {
    const { bounds, maximized } = JSON.parse(text) as WindowState;
    const whole = [bounds.x, bounds.y, bounds.width, bounds.height].every(Number.isInteger);
    const visible = displays.some(
      (display) =>
        bounds.x < display.x + display.width &&
        bounds.x + bounds.width > display.x &&
        bounds.y >= display.y &&
        bounds.y < display.y + display.height,
    );
    return whole && visible ? { bounds, maximized: maximized === true } : null;
  } catch {
    return null;
  }
}

function savedState(): WindowState | null {
  try {
    const displays = screen.getAllDisplays().map((display) => display.workArea);
    return readState(readFileSync(statePath(), "utf8"), displays);
  } catch {
    return null;
  }
}

export function createWindow(host: HostProcess): void {
  if (BrowserWindow.getAllWindows().length > 0) {
    focusWindow();
    return;
  }
  const state = savedState();
  const window = new BrowserWindow({
    ...(state?.bounds ?? { width: 1440, height: 900 }),
    minWidth: 1100,
    minHeight: 720,
    title: "Sessionscope",
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? "#14171b" : "#ffffff",
    titleBarStyle: "hidden",
    ...(process.platform === "darwin"
      ? {}
      : { titleBarOverlay: { height: 43, color: "#00000000", symbolColor: "#7d848f" } }),
    webPreferences: {
      preload: preloadPath,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (state?.maximized) window.maximize();
  window.removeMenu();
  window.once("ready-to-show", () => window.show());
  window.on("close", () => {
    const kept = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    try {
      writeFileSync(statePath(), JSON.stringify(kept));
    } catch {
      // A window that opens at its default place next time is no reason to stop closing.
    }
  });
  window.webContents.on("did-finish-load", () => host.serve(window.webContents));
  void window.loadURL(`${pageOrigin}/index.html`);
}

export function focusWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (!window) return;
  if (window.isMinimized()) window.restore();
  window.focus();
}
