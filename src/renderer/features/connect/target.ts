/** A path or URL that was pasted or dropped, as a path on the host's machine; null for anything else. */
export function pathOfTarget(text: string): string | null {
  const line = text.split(/[\r\n]+/).find((one) => one.trim() && !one.startsWith("#"));
  const target = line?.trim().replace(/^["']|["']$/g, "") ?? "";
  const url = /^(?:file|sqlite):\/\/\/?(.*)$/i.exec(target);
  if (url) {
    const path = (url[1] ?? "").split("?")[0] ?? "";
    try {
      const decoded = decodeURIComponent(path);
      return /^[a-z]:/i.test(decoded) || decoded.startsWith("/") ? decoded : `/${decoded}`;
    } catch {
      return null;
    }
  }
  return /^(?:\/|~|[a-z]:[\\/]|\\\\)/i.test(target) ? target : null;
}

/** A URL of another scheme, which only the host can read: "postgresql://…"; null for anything else. */
export function urlOfTarget(text: string): string | null {
  const target = text.trim();
  return /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(target) && !/^(https?|file|sqlite):/i.test(target)
    ? target
    : null;
}
