/** Hands the page its port to the host, and word that the host is gone; nothing else crosses. */
import { ipcRenderer } from "electron";

/** The part of `window` used here: this project's settings are Node's, without the DOM. */
declare const window: {
  location: { origin: string };
  postMessage(message: unknown, origin: string, transfer?: readonly unknown[]): void;
};

ipcRenderer.on("sessionscope-port", (event) => {
  window.postMessage({ type: "sessionscope-port" }, window.location.origin, event.ports);
});
ipcRenderer.on("sessionscope-host-gone", () => {
  window.postMessage({ type: "sessionscope-host-gone" }, window.location.origin);
});
