/**
 * A connection to one memcached server: its text protocol, replies in the order of the commands.
 *
 *     mg :1:django.contrib.sessions.cache1a2b v s f t c u    VA 4 s4 f1 t100 c7 CRLF data CRLF, or EN
 *     cas key 1 1795219329 4 7 CRLF data CRLF                STORED, EXISTS or NOT_FOUND
 *     stats                                                  STAT … lines, then END
 *     lru_crawler metadump hash                              key=… exp=… lines, then END
 *
 * Our own, since no client on npm that is kept up offers all of it (memjs speaks the binary protocol, which has no
 * metadump and no meta commands; memcached has no flags of single values and is unmaintained). A lost connection is made
 * anew by the next command; what was under way fails.
 */
import { Socket } from "node:net";
import { env } from "node:process";
import { dial } from "./dial.ts";
import type { NearEnd } from "./driver.ts";
import type { Address, MemcachedOptions } from "./memcached-options.ts";
import { ended, replyProblem, silent, type Where, wayProblem } from "./memcached-problems.ts";

/** A line, with the block of data that follows a `VA`. */
export interface Reply {
  readonly line: string;
  readonly data: Buffer | null;
}

export interface Server {
  readonly name: string;
  /** Sends commands at once; one reply for each. Problems: store_gone, cannot_open. */
  ask(commands: readonly Buffer[]): Promise<Reply[]>;
  /** For commands that answer lines and END; an ERROR or BUSY line ends it too and is the last. */
  lines(command: string, each: (line: string) => void): Promise<string>;
  /** Another connection to the same server. */
  twin(): Server;
  close(): void;
}

type Waiting = {
  /** null: lines until END. */
  each: ((line: string) => void) | null;
  left: number;
  replies: Reply[];
  resolve(replies: Reply[]): void;
  reject(error: unknown): void;
};

const isLast = (line: string): boolean =>
  line === "END" || /^(ERROR|CLIENT_ERROR|SERVER_ERROR|BUSY|BADCLASS|RESET)/.test(line);

export function serverAt(
  address: Address,
  options: MemcachedOptions,
  proxy?: NearEnd | null,
): Server {
  const name = `${address.name}${proxy ? ` (through ${proxy.via})` : ""}`;
  const where = { name, opened: false };
  let connecting: Promise<Line> | null = null;

  async function line(): Promise<Line> {
    connecting ??= openLine(address, options, proxy, where);
    const mine = connecting;
    try {
      const made = await mine;
      where.opened = true;
      if (made.alive()) return made;
    } catch (error) {
      if (connecting === mine) connecting = null;
      throw wayProblem(error, where);
    }
    if (connecting === mine) connecting = null;
    return line();
  }

  return {
    name: address.name,
    async ask(commands) {
      if (commands.length === 0) return [];
      return (await line()).send(Buffer.concat(commands), commands.length, null);
    },
    async lines(command, each) {
      const replies = await (await line()).send(Buffer.from(`${command}\r\n`), 1, each);
      return replies[0]?.line ?? "";
    },
    twin: () => serverAt(address, options, proxy),
    close() {
      void connecting?.then(
        (made) => made.end(),
        () => {},
      );
      connecting = null;
    },
  };
}

interface Line {
  send(bytes: Buffer, count: number, each: Waiting["each"]): Promise<Reply[]>;
  alive(): boolean;
  end(): void;
}

async function openLine(
  address: Address,
  options: MemcachedOptions,
  proxy: NearEnd | null | undefined,
  where: Where,
): Promise<Line> {
  const socket = new Socket();
  socket.setNoDelay(true);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket.destroy();
  }, options.connectTimeout * 1000);
  try {
    await dial(address, proxy, socket);
  } catch (error) {
    throw late ? silent(where, options.connectTimeout) : error;
  } finally {
    clearTimeout(timer);
  }
  const made = lineOf(socket, options.commandTimeout, where);
  const password = options.password || env[options.passwordEnv] || "";
  if (!options.user && !password) return made;
  const token = Buffer.from(`${options.user} ${password}`);
  const [reply] = await made.send(
    Buffer.concat([Buffer.from(`set auth 0 0 ${token.length}\r\n`), token, CRLF]),
    1,
    null,
  );
  if (reply?.line === "STORED") return made;
  made.end();
  throw replyProblem(reply?.line ?? "", where);
}

const CRLF = Buffer.from("\r\n");

function lineOf(socket: Socket, timeout: number, where: Where): Line {
  const queue: Waiting[] = [];
  let chunks: Buffer[] = [];
  let held = 0;
  /** Bytes without which looking again is of no use. */
  let need = 1;

  const fail = (error: unknown): void => {
    socket.destroy();
    for (const one of queue.splice(0)) one.reject(wayProblem(error, where));
  };
  socket.setTimeout(timeout * 1000);
  socket.on("timeout", () => {
    if (queue.length > 0) fail(silent({ ...where, opened: true }, timeout));
  });
  socket.on("error", fail);
  socket.on("close", () => fail(ended({ ...where, opened: true })));
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < need) return;
    const buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    const used = take(buffer, queue, (bytes) => {
      need = bytes;
    });
    const rest = buffer.subarray(used);
    chunks = rest.length > 0 ? [rest] : [];
    held = rest.length;
  });
  return {
    alive: () => !socket.destroyed && socket.writable,
    send: (bytes, count, each) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          reject(ended(where));
          return;
        }
        queue.push({ each, left: count, replies: [], resolve, reject });
        socket.write(bytes);
      }),
    end: () => socket.end(),
  };
}

/** Hands on whole replies and answers how many bytes they were. */
function take(buffer: Buffer, queue: Waiting[], needs: (bytes: number) => void): number {
  let at = 0;
  needs(1);
  for (let one = queue[0]; one; one = queue[0]) {
    const end = buffer.indexOf(10, at);
    if (end < 0) {
      needs(buffer.length - at + 1);
      return at;
    }
    const line = buffer.toString("utf8", at, buffer[end - 1] === 13 ? end - 1 : end);
    let next = end + 1;
    let data: Buffer | null = null;
    if (line.startsWith("VA ")) {
      const size = Number.parseInt(line.slice(3), 10);
      if (buffer.length < next + size + 2) {
        needs(next + size + 2 - at);
        return at;
      }
      // A copy: the chunk it came in would be held on to.
      data = Buffer.from(buffer.subarray(next, next + size));
      next += size + 2;
    }
    at = next;
    if (one.each && !isLast(line)) {
      one.each(line);
      continue;
    }
    one.replies.push({ line, data });
    one.left -= 1;
    if (one.left > 0) continue;
    queue.shift();
    one.resolve(one.replies);
  }
  return at;
}
