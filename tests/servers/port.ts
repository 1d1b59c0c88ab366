/** A free port on the loopback interface, and waiting for a server to listen on it. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port.");
  return address.port;
}

/** Throws where `died` answers, or after a minute. */
export async function listening(port: number, died: () => string | null): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const reason = died();
    if (reason !== null) throw new Error(reason);
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    if (Date.now() > deadline) throw new Error(`Nothing listens on port ${port}.`);
    await sleep(50);
  }
}
