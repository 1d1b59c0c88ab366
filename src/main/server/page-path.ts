/** Which file of the built page a request names. */
import { join, normalize, sep } from "node:path";

/** The path inside `folder` that a URL (absolute, or a request's path) names; null where it would leave the folder. */
export function pagePath(folder: string, requested: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(new URL(requested, "http://127.0.0.1").pathname);
  } catch {
    return null;
  }
  if (path.includes("\0")) return null;
  const file = normalize(join(folder, path === "/" || path === "" ? "index.html" : path));
  return file.startsWith(normalize(folder + sep)) ? file : null;
}
