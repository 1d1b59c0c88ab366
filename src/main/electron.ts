/** The Electron entry: one flat, ordered list of setup steps. Everything that works lives in the host process. */
import { app } from "electron";
import { denyPermissions, guardContents } from "./shell/guard.ts";
import { HostProcess } from "./shell/host-process.ts";
import { registerScheme, servePage } from "./shell/page.ts";
import { createWindow, focusWindow } from "./shell/window.ts";

if (!app.requestSingleInstanceLock()) {
  app.quit();
} else {
  app.enableSandbox();
  registerScheme();
  app.on("web-contents-created", (_event, contents) => guardContents(contents));
  app.on("second-instance", focusWindow);
  app.on("window-all-closed", () => app.quit());

  await app.whenReady();
  denyPermissions();
  servePage();
  const host = new HostProcess();
  host.start();
  createWindow(host);
  app.on("activate", () => createWindow(host));
  app.on("will-quit", () => host.close());
}
