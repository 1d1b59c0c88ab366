/**
 * Whether the browser's cookie leads to a session, and to a signed-in user, over time; and each time that ended, why,
 * and whether the user wanted it. Wanted is what a view does with flush and logout; everything else is a loss.
 */
import type { Mark } from "../../shared/run.ts";
import { userIdKey } from "../engine/auth.ts";
import { EXPIRY_KEY, isFalsy } from "../engine/lifetime.ts";
import type { PyDict } from "../python/value.ts";
import type { Present } from "./present.ts";
import type { Step } from "./scenario.ts";
import type { StepResult } from "./stepper.ts";
import { isAction, isStoreEvent, type TraceEvent } from "./trace.ts";
import { clock, duration } from "./words.ts";

export interface Loss {
  readonly at: number;
  readonly key: string;
  readonly reason: string;
  readonly signedIn: boolean;
  readonly data: PyDict;
}

/** When cookie and record end by themselves, in seconds after the start; null: they do not. */
export interface Ends {
  readonly cookie: number | null;
  readonly stored: number | null;
}

interface Current {
  readonly key: string;
  readonly data: PyDict;
  readonly user: string | null;
  readonly ends: Ends;
}

const first = ({ cookie, stored }: Ends): number | null =>
  cookie === null || stored === null ? (cookie ?? stored) : Math.min(cookie, stored);

export class Presence {
  readonly losses: Loss[] = [];
  /** Moments at which somebody signed in. */
  readonly logins: number[] = [];
  readonly #present: { from: number; to: number }[] = [];
  readonly #signedIn: { from: number; to: number; user: string }[] = [];
  #current: Current | null = null;

  get present(): Current | null {
    return this.#current;
  }

  /** When what is there ends by itself; null: nothing is there, or it has no end. */
  get ends(): number | null {
    return this.#current === null ? null : first(this.#current.ends);
  }

  /**
   * Time has come to `at`: the loss where the session ended on the way, the moment itself included. `savedAt` is when
   * it was last saved; null: before the start.
   */
  until(at: number, savedAt: number | null): Mark | null {
    const current = this.#current;
    const ends = this.ends;
    if (current === null || ends === null || ends > at) return null;
    const reason = `${whatEnded(current.ends)}, ${byRule(current.data, ends, savedAt)}`;
    this.#lose(ends, reason);
    return this.#mark(ends, null, current.key, reason);
  }

  /** A step took the session away: the mark of it, where the user did not ask for it. */
  tornBy(index: number, step: Step, result: StepResult): Mark | null {
    const current = this.#current;
    if (current === null) return null;
    const reason = lossBy(step, result, current);
    if (reason === null) return null;
    this.#lose(step.at, reason);
    return this.#mark(step.at, index, current.key, reason);
  }

  #mark(at: number, step: number | null, key: string, reason: string): Mark {
    return { at, step, kind: "lost", key, text: `Lost at ${clock(at)}: ${reason}.` };
  }

  #lose(at: number, reason: string): void {
    if (this.#current === null) return;
    const { key, user, data } = this.#current;
    this.losses.push({ at, key, reason, signedIn: user !== null, data });
    this.#end(at);
  }

  #end(at: number): void {
    const present = this.#present.at(-1);
    if (present !== undefined && this.#current !== null) present.to = at;
    const signedIn = this.#signedIn.at(-1);
    if (signedIn !== undefined && this.#current !== null && this.#current.user !== null)
      signedIn.to = at;
    this.#current = null;
  }

  /** What is there after a step. */
  now(at: number, present: Present | null, ends: Ends): void {
    const before = this.#current;
    if (present === null) {
      this.#end(at);
      return;
    }
    const id = present.data.get(userIdKey);
    const user = id === undefined ? null : String(id);
    if (before === null) this.#present.push({ from: at, to: at });
    if (before?.user !== user) {
      const signedIn = this.#signedIn.at(-1);
      if (signedIn !== undefined && before !== null && before.user !== null) signedIn.to = at;
      if (user !== null) {
        this.#signedIn.push({ from: at, to: at, user });
        this.logins.push(at);
      }
    }
    this.#current = { key: present.key, data: present.data, user, ends };
  }

  /** The end of the axis. */
  finish(at: number): {
    present: { from: number; to: number }[];
    signedIn: { from: number; to: number; user: string }[];
  } {
    this.#end(at);
    return { present: this.#present, signedIn: this.#signedIn };
  }
}

const whatEnded = ({ cookie, stored }: Ends): string => {
  if (cookie === stored) return "it ended together with its cookie";
  return stored === null || (cookie !== null && cookie < stored)
    ? "the cookie ended"
    : "the stored session expired";
};

/** "SESSION_COOKIE_AGE of 30 min after the last save at 00:01:05" */
function byRule(data: PyDict, ends: number, savedAt: number | null): string {
  const rule = isFalsy(data.get(EXPIRY_KEY) ?? null) ? "SESSION_COOKIE_AGE" : "set_expiry()";
  return savedAt === null
    ? `by ${rule} after a save before the start`
    : `${rule} of ${duration(Math.round(ends - savedAt))} after the last save at ${clock(savedAt)}`;
}

const wanted = ["flush", "logout"];

/** Why a step took the session away against the user's will, or null. */
function lossBy(
  step: Step,
  { record, trace, present }: StepResult,
  { key }: Current,
): string | null {
  if (!("request" in step)) {
    if (present !== null) return null;
    switch (step.event) {
      case "closeBrowser":
        return "the browser was closed and the cookie had no end of its own";
      case "deleteSession":
        return "another process deleted the session";
      case "deleteRow":
        return "its row was deleted by hand";
      case "clearCache":
        return "the cache lost everything";
      case "clearsessions":
        return "clearsessions deleted it";
    }
  }
  if (trace.some((event) => isAction(event) && wanted.includes(event.action.op))) return null;
  const missed = trace.some((event) => misses(event, key));
  // A signed cookie is another one after every save.
  if (present !== null && (present.key === key || !missed)) return null;
  if ("response" in record && record.response.interrupted)
    return "it was deleted while the request ran, which was answered with 400";
  if (missed) return "the store no longer had it";
  if (trace.some((event) => isStoreEvent(event) && event.call === "evict" && event.key === key))
    return "the cache was full and dropped it";
  return "its record is gone";
}

/** A load of this key found nothing. */
const misses = (event: TraceEvent, key: string): boolean =>
  isStoreEvent(event) &&
  event.call === "find" &&
  event.key === key &&
  !event.hit &&
  event.area !== "cache";
