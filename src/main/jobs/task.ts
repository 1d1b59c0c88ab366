/**
 * A task: the part of a job that runs in a worker thread, as an async generator of events (plain data).
 * The worker opens its own store from the recipe; ending the iteration on this side stops the task.
 */
import type { OpenRecipe, StoreContext } from "./context.ts";

export interface Control {
  readonly signal: AbortSignal;
  /** Resolves at once, or, while paused by the user, when resumed or stopped. */
  whilePaused(): Promise<void>;
}

export type Task<Input, Event> = (
  context: StoreContext,
  input: Input,
  control: Control,
) => AsyncIterable<Event>;

export interface RunningTask<Event> extends AsyncIterable<Event> {
  pause(): void;
  resume(): void;
  /** Asks the task to end after its current step; the iteration then ends. */
  stop(): void;
}

/** Runs a task by its name in tasks.ts; without a recipe for one that needs no store. Problems thrown by the task are thrown by the iteration. */
export interface TaskRunner {
  run<Event>(name: string, recipe: OpenRecipe | null, input: unknown): RunningTask<Event>;
}
