/**
 * Connections to servers: straight, or through a tunnel's SOCKS proxy (RFC 1928, CONNECT alone; RFC 1929 for the
 * password), where the far end looks the name up.
 *
 *     > 05 01 02                    version, one method: user and password      < 05 02
 *     > 01 04 "user" 04 "word"                                                  < 01 00
 *     > 05 01 00 03 02 "db" 15 38   CONNECT to the name db, port 5432           < 05 00 00 01 00000000 0000
 *
 * and from there on the server's own bytes. An address goes as its text, as a name does.
 */
import { once } from "node:events";
import { Socket } from "node:net";
import { domainToASCII } from "node:url";
import { problem } from "../problem.ts";
import type { Dialled, NearEnd } from "./driver.ts";

/** Replies of the proxy besides 0; from 0x80 on they are the app's own (workspace/ssh/socks.ts). */
export const replies = {
  failed: 0x01,
  forbidden: 0x02,
  unreachable: 0x04,
  refused: 0x05,
  late: 0x06,
  unknownName: 0x80,
} as const;

/** As the same failures are named of a direct connection. */
const codes: Record<number, string> = {
  [replies.unreachable]: "EHOSTUNREACH",
  [replies.refused]: "ECONNREFUSED",
  [replies.late]: "ETIMEDOUT",
  [replies.unknownName]: "ENOTFOUND",
};

/**
 * A connected socket, which is destroyed where it fails. The caller sees to deadlines: destroying the socket ends the
 * wait. Errors have Node's codes, through a proxy as well; cannot_open where the SSH host forbids the way.
 */
export async function dial(
  to: Dialled,
  proxy: NearEnd | null | undefined,
  socket = new Socket(),
): Promise<Socket> {
  try {
    const through = "path" in to ? null : proxy;
    // It may fail before its next owner listens.
    socket.on("error", () => {});
    if ("path" in to) socket.connect(to.path);
    else if (through) socket.connect(through.port, "127.0.0.1");
    else socket.connect(to.port, to.host);
    await connected(socket);
    if (through && !("path" in to)) await ask(socket, to, through);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const lost = () =>
  Object.assign(new Error("The connection ended before it stood."), { code: "ECONNRESET" });

/** The error, or the end, may come first. */
async function connected(socket: Socket): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([
      once(socket, "connect", { signal }),
      once(socket, "close", { signal }).then(() => {
        throw lost();
      }),
    ]);
  } finally {
    over.abort();
  }
}

async function ask(
  socket: Socket,
  { host, port }: { host: string; port: number },
  { user, password, via }: NearEnd,
): Promise<void> {
  const name = domainToASCII(host) || host;
  if (Buffer.byteLength(name) > 255)
    throw Object.assign(new Error("The name is too long."), { code: "ENOTFOUND" });
  const answers = answersOf(socket);
  const counted = (text: string) => [Buffer.byteLength(text), ...Buffer.from(text)];
  const say = (...bytes: number[]) => socket.write(Buffer.from(bytes));
  try {
    say(5, 1, 2);
    const [, method] = await answers.take(2);
    if (method !== 2) throw lost();
    say(1, ...counted(user), ...counted(password));
    const [, denied] = await answers.take(2);
    if (denied !== 0)
      throw problem("cannot_open", "The tunnel's near end refuses the app.", "Open it again.", {
        step: "ssh",
      });
    say(5, 1, 0, 3, ...counted(name), port >> 8, port & 255);
    const [, reply = 1] = await answers.take(10);
    if (reply === replies.forbidden)
      throw problem(
        "cannot_open",
        `The SSH host ${via} does not forward to ${host}:${port}.`,
        "AllowTcpForwarding and PermitOpen in its sshd_config decide.",
        { step: "TCP" },
      );
    if (reply !== 0)
      throw Object.assign(new Error(`${via} cannot reach ${host}:${port}.`), {
        code: codes[reply] ?? "ECONNRESET",
      });
  } finally {
    answers.end();
  }
}

/** Exactly so many bytes at a time; what follows them stays in the socket for the server's client. */
function answersOf(socket: Socket) {
  let wake = () => {};
  let failure: unknown = null;
  const woken = () => wake();
  const failed = (error: unknown) => {
    failure = error;
  };
  // One listener throughout: "readable" is said at once to each new one while bytes are held.
  socket.on("readable", woken).on("close", woken).on("error", failed);
  return {
    async take(count: number): Promise<Buffer> {
      for (;;) {
        const bytes: Buffer | null = socket.read(count);
        if (bytes?.length === count) return bytes;
        if (socket.destroyed || socket.readableEnded) throw failure ?? lost();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end() {
      socket.off("readable", woken).off("close", woken).off("error", failed);
    },
  };
}
