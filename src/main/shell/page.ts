/** Serves the built page under its own scheme, which gives it an origin (file: has none) and a policy. */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { net, protocol } from "electron";
import { pagePath } from "../server/page-path.ts";
import { contentSecurityPolicy } from "../server/policy.ts";

const scheme = "sessionscope";
export const pageOrigin = `${scheme}://page`;

const folder = fileURLToPath(new URL("../renderer", import.meta.url));
export const preloadPath = join(
  fileURLToPath(new URL("../preload", import.meta.url)),
  "preload.cjs",
);

/** Before app is ready: Electron takes no new schemes afterwards. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

export function servePage(): void {
  protocol.handle(scheme, async (request) => {
    const path = request.url.startsWith(`${pageOrigin}/`) ? pagePath(folder, request.url) : null;
    if (path === null) return new Response("No such file.", { status: 404 });
    const file = await net.fetch(pathToFileURL(path).href).catch(() => null);
    if (!file?.ok) return new Response("No such file.", { status: 404 });
    const headers = new Headers(file.headers);
    headers.set("Content-Security-Policy", contentSecurityPolicy([]));
    headers.set("X-Content-Type-Options", "nosniff");
    return new Response(file.body, { headers });
  });
}
