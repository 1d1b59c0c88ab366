/** What no page may do: navigate away, open windows, embed others, ask for permissions. One safe door leads out. */
import { session, shell, type WebContents } from "electron";
import { pageOrigin } from "./page.ts";

/** Whether a link may be handed to the user's browser: http and https only. */
export function isWebLink(text: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

/** The one door for links; the linter forbids shell.openExternal elsewhere. */
function openWebLink(text: string): void {
  if (isWebLink(text)) void shell.openExternal(text);
}

export function guardContents(contents: WebContents): void {
  contents.on("will-navigate", (event, url) => {
    if (!url.startsWith(`${pageOrigin}/`)) event.preventDefault();
  });
  contents.on("will-redirect", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openWebLink(url);
    return { action: "deny" };
  });
}

export function denyPermissions(): void {
  const { defaultSession } = session;
  // Copying to the clipboard is the one thing the page does that Electron asks a permission for.
  const allowed = (permission: string) => permission === "clipboard-sanitized-write";
  defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(allowed(permission)),
  );
  defaultSession.setPermissionCheckHandler((_contents, permission) => allowed(permission));
  defaultSession.setDevicePermissionHandler(() => false);
}
