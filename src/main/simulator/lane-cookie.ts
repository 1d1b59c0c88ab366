/** Spans of the browser's cookie. */
import type { CookieSpan } from "../../shared/run.ts";

/** The jar's cookie with its end in seconds after the start; null for browser-length. */
export interface HeldCookie {
  readonly value: string;
  readonly expires: number | null;
}

export class CookieLane {
  readonly spans: CookieSpan[] = [];
  #open: CookieSpan | null = null;

  /** What the jar holds after a step; `sent`: the step's answer had a Set-Cookie. */
  after(at: number, cookie: HeldCookie | null, sent: boolean, closed: boolean): void {
    const open = this.#open;
    if (open !== null && open.expires !== null && open.expires <= at && !(sent && cookie !== null))
      this.#close(open.expires, "expired");
    const now = this.#open;
    const same =
      cookie !== null &&
      now !== null &&
      now.value === cookie.value &&
      now.browserLength === (cookie.expires === null) &&
      (now.expires === null || now.expires > at);
    if (same) {
      now.expires = cookie.expires;
      if (sent) now.sent.push(at);
      return;
    }
    if (now !== null) {
      const late = now.expires !== null && now.expires <= at;
      if (late) this.#close(now.expires ?? at, "expired");
      else this.#close(at, cookie !== null ? "replaced" : closed ? "browserClosed" : "deleted");
    }
    if (cookie === null || (cookie.expires !== null && cookie.expires <= at)) return;
    this.#open = {
      from: Math.max(at, 0),
      to: at,
      value: cookie.value,
      browserLength: cookie.expires === null,
      expires: cookie.expires,
      sent: sent ? [at] : [],
      end: "open",
    };
  }

  /** When the cookie ends by itself, if there is one and it does. */
  get expires(): number | null {
    return this.#open?.expires ?? null;
  }

  /** The end of the axis. */
  finish(at: number): void {
    const open = this.#open;
    if (open === null) return;
    if (open.expires !== null && open.expires <= at) this.#close(open.expires, "expired");
    else this.#close(at, "open");
  }

  #close(at: number, end: CookieSpan["end"]): void {
    if (this.#open === null) return;
    this.spans.push({ ...this.#open, to: Math.max(at, this.#open.from), end });
    this.#open = null;
  }
}
