/**
 * The HTTP face: the built page and the router's WebSocket on the loopback interface, for one user.
 *
 * What keeps others out: it listens on 127.0.0.1 only; every request must name this host and port (DNS rebinding);
 * the WebSocket must come from this page's origin and carry the run's token, which only the printed link holds, in its
 * fragment, so that it is in no request, log or Referer. The page itself holds no data and is served to anyone local.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import type { Router } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocketServer } from "ws";
import type { Contract } from "../../shared/contract.ts";
import { problem } from "../problem.ts";
import { pagePath } from "./page-path.ts";
import { contentSecurityPolicy } from "./policy.ts";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
};

export interface HttpFace {
  /** The link to open, token included. */
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * Starts the face. `pageFolder` holds index.html; `port` 0 takes any free one.
 * Throws cannot_open where the port is taken or not allowed.
 */
export async function startHttp(
  router: Router<Contract, Record<never, never>>,
  pageFolder: string,
  port: number,
): Promise<HttpFace> {
  const token = randomBytes(32).toString("base64url");
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 128 * 1024 * 1024 });
  const handler = new RPCHandler(router);

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        problem(
          "cannot_open",
          `Port ${port} on 127.0.0.1 cannot be used: ${error.code ?? error.message}.`,
          "Choose another port with --port, or leave it out to take any free one.",
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const actual = (server.address() as AddressInfo).port;
  const hosts = [`127.0.0.1:${actual}`, `localhost:${actual}`];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, text: string) => {
      response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
    };
    if (!hosts.includes(request.headers.host ?? "")) return end(421, "Not this host.");
    if (request.method !== "GET" && request.method !== "HEAD") return end(405, "GET only.");
    const path = pagePath(pageFolder, request.url ?? "/");
    const body = path === null ? null : await readFile(path).catch(() => null);
    if (path === null || body === null) return end(404, "No such file.");
    response.writeHead(200, {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Content-Length": body.length,
      "Cache-Control": extname(path) === ".html" ? "no-store" : "max-age=31536000, immutable",
      "Content-Security-Policy": contentSecurityPolicy(hosts.map((host) => `ws://${host}`)),
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const allowed =
      url.pathname === "/rpc" &&
      hosts.includes(request.headers.host ?? "") &&
      request.headers.origin === `http://${request.headers.host}` &&
      sameText(url.searchParams.get("token") ?? "", token);
    if (!allowed) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (socket) => {
      void handler.upgrade(socket, { context: {} });
    });
  });

  return {
    url: `http://127.0.0.1:${actual}/#token=${token}`,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const digest = (text: string) => createHash("sha256").update(text).digest();
const sameText = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));
