/**
 * The host's life under Electron: a utility process (it has its own heap and dies alone), started again when it dies,
 * with a fresh port for every page, which is how a page learns that its host is a new one.
 */
import { fileURLToPath } from "node:url";
import {
  MessageChannelMain,
  type UtilityProcess,
  utilityProcess,
  type WebContents,
} from "electron";
import { serveCredentials } from "./credentials.ts";

const hostPath = fileURLToPath(new URL("./host.js", import.meta.url));
/** A host that dies at once, again and again, is started ever later: at most every 10 seconds. */
const delays = [0, 500, 2_000, 10_000];

export class HostProcess {
  #child: UtilityProcess | null = null;
  #pages = new Set<WebContents>();
  #closing = false;
  #deaths = 0;

  start(): void {
    const child = utilityProcess.fork(hostPath, [], { serviceName: "Sessionscope host" });
    this.#child = child;
    serveCredentials(child);
    child.once("spawn", () => {
      for (const page of this.#pages) this.#connect(page);
    });
    child.once("exit", () => this.#died());
  }

  /** Gives a page its port: now if the host runs, and again after every restart or reload. */
  serve(page: WebContents): void {
    if (!this.#pages.has(page)) page.once("destroyed", () => this.#pages.delete(page));
    this.#pages.add(page);
    if (this.#child?.pid !== undefined) this.#connect(page);
  }

  close(): void {
    this.#closing = true;
    this.#child?.postMessage("close");
  }

  #connect(page: WebContents): void {
    const { port1, port2 } = new MessageChannelMain();
    this.#child?.postMessage("serve", [port1]);
    page.postMessage("sessionscope-port", null, [port2]);
  }

  #died(): void {
    this.#child = null;
    if (this.#closing) return;
    for (const page of this.#pages) page.postMessage("sessionscope-host-gone", null);
    const delay = delays[Math.min(this.#deaths++, delays.length - 1)] ?? 0;
    setTimeout(() => {
      if (!this.#closing) this.start();
    }, delay);
  }
}
