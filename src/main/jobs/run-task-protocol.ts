/**
 * What the two sides of a worker thread agree on.
 *
 * A run is started by one `TaskStart`; the thread answers with events and one last `ended`. Everything the host says
 * after that goes through a shared Int32Array and not through messages, so that a task that works synchronously
 * (SQLite) sees it without giving up its turn of the event loop:
 *
 *     control[MODE]    running, paused or stopping; written by the host
 *     control[TAKEN]   events the consumer has taken; the thread waits while `sent - taken` reaches EVENT_WINDOW
 */
import type { Problem } from "../../shared/problem.ts";
import type { OpenRecipe } from "./context.ts";

export const MODE = 0;
export const TAKEN = 1;
export const CONTROL_BYTES = 8;

export const RUNNING = 0;
export const PAUSED = 1;
export const STOPPING = 2;

/** Events sent and not yet taken by the consumer. */
export const EVENT_WINDOW = 64;

export interface TaskStart {
  name: string;
  /** Null for a task that needs no store. */
  recipe: OpenRecipe | null;
  input: unknown;
  control: SharedArrayBuffer;
}

/** How a run ended: by itself or as asked, by a problem, or by a bug (then the thread is not used again). */
export type TaskEnd =
  | { type: "ended" }
  | { type: "problem"; problem: Problem }
  | { type: "bug"; message: string; stack: string };

export type TaskMessage = { type: "event"; event: unknown } | TaskEnd;
