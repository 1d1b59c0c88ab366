/** A worker's entry for run-task.test.ts: tasks that count, wait, fail and crash. They open no store. */
import type { StoreContext } from "../../src/main/jobs/context.ts";
import { serveTasks } from "../../src/main/jobs/run-task-thread.ts";
import type { Control } from "../../src/main/jobs/task.ts";
import { problem } from "../../src/main/problem.ts";

type Input = { until: number };

let closed = 0;

serveTasks(
  {
    async *count(_: StoreContext, { until }: Input, control: Control) {
      for (let n = 0; n < until; n++) {
        await control.whilePaused();
        yield n;
      }
    },
    /** Like SQLite: never gives up its turn, looks at the signal only. */
    async *busy(_: StoreContext, _input: Input, { signal }: Control) {
      yield "started";
      let turns = 0;
      while (!signal.aborted) turns++;
      yield turns;
    },
    /** As a store ends a long step: by throwing what the signal says. */
    async *abort(_: StoreContext, _input: Input, { signal }: Control) {
      yield "started";
      for (;;) signal.throwIfAborted();
    },
    async *refuse(_: StoreContext, { until }: Input) {
      yield until;
      throw problem("locked", "The database is locked.", "Try again.", { by: "someone" });
    },
    async *bug(): AsyncIterable<number> {
      yield 1;
      throw new TypeError("not a function");
    },
    async *exit(): AsyncIterable<number> {
      yield 1;
      process.exit(3);
    },
    async *memory(): AsyncIterable<number> {
      const kept: number[][] = [];
      yield 1;
      for (;;) kept.push(new Array<number>(1_000_000).fill(kept.length + 0.5));
    },
    async *closings(): AsyncIterable<number> {
      yield closed;
    },
  },
  async () => ({
    context: {} as StoreContext,
    close: async () => {
      closed++;
    },
  }),
);
