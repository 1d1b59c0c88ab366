/** The shell's guards, against a stand-in for the `electron` module: it records what was asked of Electron. */
import { beforeEach, expect, test, vi } from "vitest";

const electron = vi.hoisted(() => ({
  opened: [] as string[],
  handlers: {} as Record<string, (...args: never[]) => unknown>,
}));

vi.mock("electron", () => ({
  shell: { openExternal: (url: string) => electron.opened.push(url) },
  session: {
    defaultSession: {
      setPermissionRequestHandler: (handler: never) => {
        electron.handlers["request"] = handler;
      },
      setPermissionCheckHandler: (handler: never) => {
        electron.handlers["check"] = handler;
      },
      setDevicePermissionHandler: (handler: never) => {
        electron.handlers["device"] = handler;
      },
    },
  },
  net: {},
  protocol: {},
}));

const { denyPermissions, guardContents, isWebLink } = await import("../../src/main/shell/guard.ts");

type Listener = (event: { preventDefault: () => void }, url?: string) => void;

function contents() {
  const listeners = new Map<string, Listener>();
  let open: (details: { url: string }) => { action: string } = () => ({ action: "allow" });
  const stand = {
    on: (name: string, listener: Listener) => listeners.set(name, listener),
    setWindowOpenHandler: (handler: typeof open) => {
      open = handler;
    },
  };
  guardContents(stand as never);
  const prevented = (name: string, url?: string) => {
    let stopped = false;
    listeners.get(name)?.({ preventDefault: () => (stopped = true) }, url);
    return stopped;
  };
  return { prevented, open: (url: string) => open({ url }).action };
}

beforeEach(() => {
  electron.opened.length = 0;
});

test("navigation away from the page, redirects and web views are stopped", () => {
  const { prevented } = contents();
  expect(prevented("will-navigate", "https://example.org/")).toBe(true);
  expect(prevented("will-navigate", "file:///etc/passwd")).toBe(true);
  expect(prevented("will-navigate", "sessionscope://page.example.org/")).toBe(true);
  expect(prevented("will-navigate", "sessionscope://page/index.html")).toBe(false);
  expect(prevented("will-redirect")).toBe(true);
  expect(prevented("will-attach-webview")).toBe(true);
});

test("no window is ever opened; http and https links go to the browser, others nowhere", () => {
  const { open } = contents();
  for (const url of [
    "https://docs.djangoproject.com/",
    "http://127.0.0.1/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "smb://x/y",
    "",
  ])
    expect(open(url)).toBe("deny");
  expect(electron.opened).toEqual(["https://docs.djangoproject.com/", "http://127.0.0.1/"]);
});

test("what counts as a web link", () => {
  expect(isWebLink("https://a.example/")).toBe(true);
  expect(isWebLink("HTTP://a.example/")).toBe(true);
  for (const text of ["ms-msdt:/id", "vscode://x", "data:text/html,x", "https", " "])
    expect(isWebLink(text)).toBe(false);
});

test("permissions are denied, but for writing to the clipboard", () => {
  denyPermissions();
  const { request, check, device } = electron.handlers as unknown as {
    request: (contents: null, permission: string, answer: (granted: boolean) => void) => void;
    check: (contents: null, permission: string) => boolean;
    device: () => boolean;
  };
  const asked = (permission: string) => {
    let granted: boolean | undefined;
    request(null, permission, (answer) => (granted = answer));
    return granted;
  };
  for (const permission of [
    "media",
    "geolocation",
    "notifications",
    "openExternal",
    "clipboard-read",
    "fullscreen",
  ]) {
    expect(asked(permission)).toBe(false);
    expect(check(null, permission)).toBe(false);
  }
  expect(asked("clipboard-sanitized-write")).toBe(true);
  expect(device()).toBe(false);
});
