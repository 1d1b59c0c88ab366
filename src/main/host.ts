/** The host under Electron: a utility process that serves the router on every port the shell hands it. */
import { portFace } from "./server/port.ts";
import { createHost } from "./server/router.ts";
import { shellVault } from "./server/shell-vault.ts";

/** The part of Electron's process.parentPort that is used; typed here since `electron` belongs to the shell alone. */
interface ParentPort {
  on(
    event: "message",
    listener: (message: {
      data: unknown;
      ports: Parameters<ReturnType<typeof portFace>>[0][];
    }) => void,
  ): void;
  postMessage(message: unknown): void;
}

const { parentPort } = process as unknown as { parentPort: ParentPort };
const host = await createHost({ face: "electron", vault: shellVault(parentPort) });
const serve = portFace(host.router);

parentPort.on("message", ({ data, ports }) => {
  if (data === "serve") for (const port of ports) serve(port);
  if (data === "close") void host.close().then(() => process.exit(0));
});
