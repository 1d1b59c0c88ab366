/**
 * The near end of a tunnel: a SOCKS server on 127.0.0.1 (RFC 1928) that other users of the machine cannot use, since it
 * asks for a user and a password (RFC 1929) that only the app has. CONNECT alone; `stores/dial.ts` is its client, and
 * has a worked example.
 *
 * A client has 10 seconds and 600 bytes to say where it wants to go.
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { replies } from "../../stores/dial.ts";
import { type Unreached, unreachedOf } from "./connect.ts";

const patienceMs = 10_000;
const mostBytes = 600;
const mostClients = 512;

export interface SocksServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  close(): void;
}

const codes: Record<Unreached, number> = {
  name: replies.unknownName,
  refused: replies.refused,
  late: replies.late,
  unreachable: replies.unreachable,
  forbidden: replies.forbidden,
  other: replies.failed,
};

/** `lead` makes the way to a place, and fails as `forward` does. */
export async function startSocks(
  lead: (to: { host: string; port: number }) => Promise<Duplex>,
): Promise<SocksServer> {
  const user = "sessionscope";
  const password = randomBytes(24).toString("base64url");
  const sockets = new Set<Socket>();

  async function serve(socket: Socket): Promise<void> {
    const timer = setTimeout(() => socket.resetAndDestroy(), patienceMs);
    const say = (...bytes: number[]) => socket.write(Buffer.from(bytes));
    const last = (...bytes: number[]) => {
      say(...bytes);
      socket.destroySoon();
    };
    const words = asked(socket);
    try {
      const [version, methods = 0] = await words.take(2);
      if (version !== 5 || !(await words.take(methods)).includes(2)) return last(5, 0xff);
      say(5, 2);
      const [, length = 0] = await words.take(2);
      const name = await words.take(length);
      const word = await words.take((await words.take(1))[0] ?? 0);
      const known = [same(name, user), same(word, password)];
      if (known.includes(false)) return last(1, 1);
      say(1, 0);
      const [, command, , kind = 0] = await words.take(4);
      const host = await hostOf(kind, words.take);
      const port = (await words.take(2)).readUInt16BE();
      clearTimeout(timer);
      if (command !== 1) return last(...answer(7));
      if (host === null || port === 0) return last(...answer(8));
      words.end(true);
      const stream = await lead({ host, port }).catch(unreachedOf);
      if (typeof stream === "string") return last(...answer(codes[stream]));
      if (socket.destroyed) return void stream.destroy();
      stream.on("error", () => socket.destroy());
      stream.once("close", () => socket.destroySoon());
      socket.once("close", () => stream.destroy());
      say(...answer(0));
      socket.pipe(stream).pipe(socket);
    } catch {
      socket.destroy();
    } finally {
      clearTimeout(timer);
      words.end(false);
    }
  }

  // Either side may end first and go on listening.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    void serve(socket);
  });
  server.maxConnections = mostClients;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    ...{ user, password },
    port: typeof address === "object" && address ? address.port : 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const answer = (code: number): number[] => [5, code, 0, 1, 0, 0, 0, 0, 0, 0];

const digest = (bytes: Buffer | string): Buffer => hash("sha256", bytes, "buffer");
const same = (given: Buffer, known: string): boolean =>
  timingSafeEqual(digest(given), digest(known));

/** An address as text; null: none of the three kinds, or no text. */
async function hostOf(kind: number, take: (count: number) => Promise<Buffer>) {
  if (kind === 1) return (await take(4)).join(".");
  if (kind === 4) return (await take(16)).toString("hex").replace(/(....)(?=.)/g, "$1:");
  if (kind !== 3) return null;
  const name = (await take((await take(1))[0] ?? 0)).toString("latin1");
  return /^[\x21-\x7e]+$/.test(name) ? name : null;
}

/** What a client asks, so many bytes at a time; it may not say more than that before it is answered. */
function asked(socket: Socket) {
  let held = Buffer.alloc(0);
  let seen = 0;
  let wake = () => {};
  const more = (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > mostBytes) socket.destroy();
    else held = Buffer.concat([held, chunk]);
    wake();
  };
  const woken = () => wake();
  socket.on("data", more).on("close", woken).on("end", woken);
  return {
    async take(count: number): Promise<Buffer> {
      while (held.length < count) {
        if (socket.destroyed || socket.readableEnded) throw new Error("It went away.");
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const bytes = held.subarray(0, count);
      held = held.subarray(count);
      return bytes;
    },
    /** `handOn`: what comes next waits for whoever reads next. */
    end(handOn: boolean) {
      socket.off("data", more).off("close", woken).off("end", woken);
      if (!handOn) return;
      socket.pause();
      if (held.length > 0) socket.unshift(held);
    },
  };
}
