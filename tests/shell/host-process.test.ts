/** The host's life under Electron, against a stand-in for utilityProcess: ports, death, restart, closing. */
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

class Child extends EventEmitter {
  pid: number | undefined;
  sent: [unknown, unknown][] = [];
  postMessage(message: unknown, ports?: unknown) {
    this.sent.push([message, ports]);
  }
  spawned() {
    this.pid = 1;
    this.emit("spawn");
  }
}

class Page extends EventEmitter {
  got: string[] = [];
  postMessage(channel: string) {
    this.got.push(channel);
  }
}

const children: Child[] = [];

vi.mock("electron", () => ({
  utilityProcess: {
    fork: () => {
      const child = new Child();
      children.push(child);
      return child;
    },
  },
  MessageChannelMain: class {
    port1 = "host end";
    port2 = "page end";
  },
}));

const { HostProcess } = await import("../../src/main/shell/host-process.ts");

beforeEach(() => {
  children.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function started() {
  const host = new HostProcess();
  const page = new Page();
  host.start();
  return { host, page, serve: () => host.serve(page as never) };
}

test("a page that loads before the host has spawned gets its port once it has", () => {
  const { page, serve } = started();
  serve();
  expect(page.got).toEqual([]);
  children[0]?.spawned();
  expect(page.got).toEqual(["sessionscope-port"]);
  expect(children[0]?.sent).toEqual([["serve", ["host end"]]]);
});

test("a reload gives the page a fresh port", () => {
  const { page, serve } = started();
  children[0]?.spawned();
  serve();
  serve();
  expect(page.got).toEqual(["sessionscope-port", "sessionscope-port"]);
});

test("a host that dies is started again, the page is told and gets a port to the new one", () => {
  const { page, serve } = started();
  children[0]?.spawned();
  serve();
  children[0]?.emit("exit", 1);
  expect(page.got).toEqual(["sessionscope-port", "sessionscope-host-gone"]);
  vi.advanceTimersByTime(0);
  expect(children).toHaveLength(2);
  children[1]?.spawned();
  expect(page.got.at(-1)).toBe("sessionscope-port");
});

test("a host that keeps dying is started ever later", () => {
  started();
  children[0]?.emit("exit", 1);
  vi.advanceTimersByTime(0);
  children[1]?.emit("exit", 1);
  vi.advanceTimersByTime(499);
  expect(children).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(children).toHaveLength(3);
});

test("a page that is gone gets nothing", () => {
  const { page, serve } = started();
  children[0]?.spawned();
  serve();
  page.emit("destroyed");
  children[0]?.emit("exit", 1);
  expect(page.got).toEqual(["sessionscope-port"]);
});

test("closing asks the host to end and does not start it again", () => {
  const { host } = started();
  children[0]?.spawned();
  host.close();
  expect(children[0]?.sent.at(-1)?.[0]).toBe("close");
  children[0]?.emit("exit", 0);
  vi.advanceTimersByTime(60_000);
  expect(children).toHaveLength(1);
});
