/** The HTTP face against real requests: who is let in, what is served, and a call over the real WebSocket. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type HttpFace, startHttp } from "../../src/main/server/http.ts";
import { createHost } from "../../src/main/server/router.ts";
import type { Contract } from "../../src/shared/contract.ts";

const folder = mkdtempSync(join(tmpdir(), "http-"));
let face: HttpFace;
let host: Awaited<ReturnType<typeof createHost>>;

beforeAll(async () => {
  process.env["SESSIONSCOPE_HOME"] = join(folder, "home");
  mkdirSync(join(folder, "page/assets"), { recursive: true });
  writeFileSync(join(folder, "page/index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "page/assets/a.js"), "1");
  writeFileSync(join(folder, "secret"), "secret");
  host = await createHost({ face: "headless" });
  face = await startHttp(host.router, join(folder, "page"), 0);
});
afterAll(async () => {
  await face.close();
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

const token = () => new URL(face.url).hash.replace("#token=", "");

function get(path: string, headers: Record<string, string> = {}, method = "GET") {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", port: face.port, path, method, headers },
        (answer) => {
          let body = "";
          answer.on("data", (chunk) => (body += chunk));
          answer.on("end", () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
          );
        },
      );
      asked.on("error", reject);
      asked.end();
    },
  );
}

test("the page is served with a strict policy", async () => {
  const page = await get("/");
  expect(page.status).toBe(200);
  expect(page.body).toContain("<title>page</title>");
  const policy = String(page.headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain("unsafe");
  expect(page.headers["x-content-type-options"]).toBe("nosniff");
  expect((await get("/assets/a.js")).headers["content-type"]).toContain("text/javascript");
});

test("a name that is not this host is refused (DNS rebinding)", async () => {
  expect((await get("/", { Host: "evil.example" })).status).toBe(421);
  expect((await get("/", { Host: `evil.example:${face.port}` })).status).toBe(421);
});

test("nothing outside the page's folder is served, and only read", async () => {
  for (const path of ["/../secret", "/..%2fsecret", "/assets/..%2f..%2fsecret", "/%00", "/assets"])
    expect((await get(path)).status).toBe(404);
  expect((await get("/", {}, "POST")).status).toBe(405);
});

/** Opens the WebSocket; the status it was refused with, or 101. */
function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${face.port}${path}`, { headers });
    socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode ?? 0));
    socket.on("open", () => {
      socket.close();
      resolve(101);
    });
    socket.on("error", () => {});
  });
}

test("the WebSocket wants the run's token, this page's origin and this host", async () => {
  const origin = { Origin: `http://127.0.0.1:${face.port}` };
  expect(await upgrade(`/rpc?token=${token()}`, origin)).toBe(101);
  expect(await upgrade("/rpc", origin)).toBe(403);
  expect(await upgrade("/rpc?token=wrong", origin)).toBe(403);
  expect(await upgrade(`/rpc?token=${token()}`, {})).toBe(403);
  expect(await upgrade(`/rpc?token=${token()}`, { Origin: "http://evil.example" })).toBe(403);
  expect(await upgrade(`/rpc?token=${token()}`, { ...origin, Host: "evil.example" })).toBe(403);
  expect(await upgrade(`/other?token=${token()}`, origin)).toBe(403);
});

test("a call and a stream go through", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${face.port}/rpc?token=${token()}`, {
    headers: { Origin: `http://127.0.0.1:${face.port}` },
  });
  const client: ContractRouterClient<Contract> = createORPCClient(
    new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }),
  );
  expect((await client.app.info()).face).toBe("headless");
  const events = await client.app.events();
  const first = await events.next();
  expect(first.value).toEqual({ type: "hello" });
  await events.return?.();
  socket.close();
});

test("a port that is taken is a typed problem", async () => {
  await expect(startHttp(host.router, join(folder, "page"), face.port)).rejects.toMatchObject({
    problem: { code: "cannot_open" },
  });
});
