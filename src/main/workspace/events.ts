/**
 * Things that happen by themselves, for whoever listens. A slow listener loses nothing but
 * intermediate states: per store, job and bin only the newest event waits for it.
 */
import type { OpenStore } from "../../shared/connection.ts";
import type { BinUsage, Job } from "../../shared/job.ts";
import type { Problem } from "../../shared/problem.ts";

export type AppEvent =
  | { type: "hello" }
  | { type: "store"; store: OpenStore }
  | { type: "closed"; connection: string; problem: Problem | null }
  | {
      type: "connection";
      connection: string;
      state: "lost" | "back";
      attempt: number;
      nextAt: string | null;
      problem: Problem | null;
    }
  | { type: "job"; job: Job }
  | { type: "bin"; usage: BinUsage };

export interface Events {
  publish(event: AppEvent): void;
  /** Everything published from now on, `hello` first; ends when the signal fires. */
  listen(signal: AbortSignal | undefined): AsyncGenerator<AppEvent, void>;
}

const slot = (event: AppEvent): string => {
  if (event.type === "store") return `store ${event.store.connection.id}`;
  if (event.type === "closed") return `store ${event.connection}`;
  if (event.type === "connection") return `connection ${event.connection}`;
  return event.type === "job" ? `job ${event.job.id}` : event.type;
};

interface Listener {
  waiting: Map<string, AppEvent>;
  wake: () => void;
}

export function createEvents(): Events {
  const listeners = new Set<Listener>();
  return {
    publish(event) {
      for (const { waiting, wake } of listeners) {
        waiting.delete(slot(event));
        waiting.set(slot(event), event);
        wake();
      }
    },
    async *listen(signal) {
      const listener: Listener = { waiting: new Map(), wake: () => {} };
      const wake = () => listener.wake();
      listener.waiting.set("hello", { type: "hello" });
      listeners.add(listener);
      signal?.addEventListener("abort", wake);
      try {
        while (!signal?.aborted) {
          for (const [name, event] of listener.waiting) {
            listener.waiting.delete(name);
            yield event;
          }
          if (listener.waiting.size === 0 && !signal?.aborted)
            await new Promise<void>((resolve) => {
              listener.wake = resolve;
            });
        }
      } finally {
        listeners.delete(listener);
        signal?.removeEventListener("abort", wake);
      }
    },
  };
}
