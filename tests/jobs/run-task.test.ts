import { afterAll, describe, expect, test } from "vitest";
import type { OpenRecipe } from "../../src/main/jobs/context.ts";
import { createTaskRunner } from "../../src/main/jobs/run-task.ts";
import { EVENT_WINDOW } from "../../src/main/jobs/run-task-protocol.ts";
import { ProblemError } from "../../src/main/problem.ts";

const runner = createTaskRunner(new URL("./run-task-fixture.ts", import.meta.url), 64);
afterAll(() => runner.close());

const run = <Event>(name: string, until = 0) =>
  runner.run<Event>(name, {} as OpenRecipe, { until });

async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("tasks in worker threads", () => {
  test("every event arrives once and in order, far beyond the window", async () => {
    const all = await collect(run<number>("count", EVENT_WINDOW * 20));
    expect(all).toEqual(Array.from({ length: EVENT_WINDOW * 20 }, (_, n) => n));
  });

  test("the thread waits when events are not taken", async () => {
    const events = run<number>("count", 1_000_000)[Symbol.asyncIterator]();
    expect((await events.next()).value).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Had the thread run ahead, a million events would be queued and the run over.
    await events.return?.();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("pausing holds the task, resuming lets it go on", async () => {
    const task = run<number>("count", EVENT_WINDOW * 4);
    task.pause();
    const events = task[Symbol.asyncIterator]();
    const first = events.next();
    const early = await Promise.race([
      first,
      new Promise((resolve) => setTimeout(() => resolve("waiting"), 300)),
    ]);
    expect(early).toBe("waiting");
    task.resume();
    expect((await first).value).toBe(0);
    expect(await collect({ [Symbol.asyncIterator]: () => events })).toHaveLength(
      EVENT_WINDOW * 4 - 1,
    );
  });

  test("stopping reaches a task that never gives up its turn", async () => {
    const task = run<number | string>("busy");
    const seen: (number | string)[] = [];
    for await (const event of task) {
      seen.push(event);
      task.stop();
    }
    expect(seen[0]).toBe("started");
  });

  test("a step that throws because it was stopped is no failure", async () => {
    const task = run<string>("abort");
    for await (const event of task) {
      expect(event).toBe("started");
      task.stop();
    }
  });

  test("stopping a paused task ends it", async () => {
    const task = run<number>("count", EVENT_WINDOW * 10);
    const events = task[Symbol.asyncIterator]();
    await events.next();
    task.pause();
    task.stop();
    expect((await collect({ [Symbol.asyncIterator]: () => events })).length).toBeLessThan(
      EVENT_WINDOW * 10,
    );
  });

  test("a task stopped before it is iterated does nothing", async () => {
    const task = run<number>("count", 5);
    task.stop();
    expect(await collect(task)).toEqual([]);
  });

  test("a problem comes through as a problem, with the events before it", async () => {
    const events = run<number>("refuse", 7)[Symbol.asyncIterator]();
    expect((await events.next()).value).toBe(7);
    const error = await events.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).problem).toEqual({
      code: "locked",
      message: "The database is locked.",
      hint: "Try again.",
      detail: { by: "someone" },
    });
  });

  test("a bug comes through as an exception with its stack", async () => {
    const error = await collect(run("bug")).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(ProblemError);
    expect((error as Error).message).toBe("not a function");
    expect((error as Error).stack).toContain("run-task-fixture");
  });

  test.each(["exit", "memory"])(
    "a thread that dies by %s is a problem, not a hang",
    async (name) => {
      const error = await collect(run(name)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProblemError);
      expect((error as ProblemError).problem.code).toBe(
        name === "memory" ? "too_large" : "store_failed",
      );
    },
    60_000,
  );

  test("the store is closed after every run, however it ends", async () => {
    const own = createTaskRunner(new URL("./run-task-fixture.ts", import.meta.url));
    const each = (name: string) => own.run<number>(name, {} as OpenRecipe, { until: 100_000 });
    for await (const n of each("count")) if (n === 3) break;
    await collect(each("refuse")).catch(() => {});
    expect(await collect(each("closings"))).toEqual([2]);
    await own.close();
  });

  test("more tasks than threads all get their turn", async () => {
    const runs = await Promise.all(
      Array.from({ length: 24 }, (_, n) => collect(run<number>("count", n + 1))),
    );
    expect(runs.map((events) => events.length)).toEqual(
      Array.from({ length: 24 }, (_, n) => n + 1),
    );
  }, 60_000);
});
