/**
 * The page's Content-Security-Policy, the same for both faces: its own files, one way back to its host, nothing else.
 * No 'unsafe-inline' for styles: React sets style properties through the CSSOM, and CodeMirror lives in a shadow root,
 * where it adopts constructed style sheets instead of adding <style> elements.
 */
export const contentSecurityPolicy = (connect: string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    `connect-src ${["'self'", ...connect].join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
