/** A TCP proxy that misbehaves on demand: it delays, cuts, refuses, or swallows everything. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setImmediate as breathe } from "node:timers/promises";

export interface TestProxy {
  readonly port: number;
  /** ms that every chunk waits, in both directions; in order all the same. */
  delay: number;
  /** Chunks are neither delivered nor refused, as behind a firewall that drops packets. */
  hold: boolean;
  /** New connections are reset at once. */
  refuse: boolean;
  /** Bytes that arrive together, a moment apart from the next; 0: chunks as they come. */
  dribble: number;
  /** Connections are reset when so many bytes of the server's answers have passed from now on. */
  cutAfter(bytes: number): void;
  /** Resets all connections; new ones are taken. Answers how many there were. */
  cut(): number;
  /** Bytes from the server, in all. */
  readonly answered: number;
  close(): Promise<void>;
}

export async function startProxy(to: number, host = "127.0.0.1"): Promise<TestProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let left = Number.POSITIVE_INFINITY;
  let answered = 0;
  const proxy = { delay: 0, hold: false, refuse: false, dribble: 0 };

  const cut = (): number => {
    const count = pairs.size;
    for (const [client, server] of pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    pairs.clear();
    return count;
  };

  /** One queue for each direction, so that a delay that is shortened overtakes nothing. */
  function pass(from: Socket, into: Socket, seen: (chunk: Buffer) => void): void {
    let before = Promise.resolve();
    from.on("data", (chunk: Buffer) => {
      const due = Date.now() + proxy.delay;
      before = before.then(async () => {
        while (!from.destroyed && (proxy.hold || Date.now() < due))
          await new Promise((resolve) => setTimeout(resolve, Math.min(20, proxy.delay + 1)));
        const size = proxy.dribble || chunk.length;
        for (let at = 0; at < chunk.length; at += size) {
          if (from.destroyed || into.destroyed) return;
          const piece = chunk.subarray(at, at + size);
          seen(piece);
          if (!into.destroyed) into.write(piece);
          if (proxy.dribble) await breathe();
        }
      });
    });
    from.on("end", () => void before.then(() => into.end()));
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (proxy.refuse) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: to, host, allowHalfOpen: true });
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    pass(client, upstream, () => {});
    pass(upstream, client, (chunk) => {
      answered += chunk.length;
      left -= chunk.length;
      if (left <= 0) {
        left = Number.POSITIVE_INFINITY;
        cut();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port.");
  return Object.assign(proxy, {
    port: address.port,
    cut,
    cutAfter(bytes: number) {
      left = bytes;
    },
    get answered() {
      return answered;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  });
}
