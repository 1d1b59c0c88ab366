import { describe, expect, test } from "vitest";
import { type BatchDone, JobState } from "../../src/main/jobs/job.ts";
import { createRegistry } from "../../src/main/jobs/registry.ts";
import type { RunningTask } from "../../src/main/jobs/task.ts";
import { problem } from "../../src/main/problem.ts";
import type { Job } from "../../src/shared/job.ts";

const plan = { kind: "purge", connection: "c", title: "Purge", total: 100 } as const;

describe("a job's state", () => {
  function started() {
    let now = 0;
    const state = new JobState({ ...plan, id: "j" }, () => now);
    const pass = (ms: number) => {
      now += ms;
    };
    const batch = (more: Partial<BatchDone> = {}, slow = false) =>
      state.batch(
        { rows: 10, bytes: 100, skipped: 1, lockMs: 5, pauseMs: 0, size: 10, note: "", ...more },
        slow,
      );
    return { state, pass, batch };
  }

  test("adds up its batches, newest first, slow ones kept", () => {
    const { state, pass, batch } = started();
    for (let n = 0; n < 200; n++) {
      pass(10);
      batch({ lockMs: n === 3 ? 80 : 5 }, n === 3);
    }
    const job = state.snapshot();
    expect(job).toMatchObject({ done: 2000, bytes: 20_000, skipped: 200, longestLockMs: 80 });
    expect(job.batches).toHaveLength(51);
    expect(job.batches[0]?.number).toBe(200);
    expect(job.batches.at(-1)).toMatchObject({ number: 4, lockMs: 80 });
    expect(job.rate).toBe(1000);
  });

  test("leaves pauses by hand out of the time", () => {
    const { state, pass, batch } = started();
    pass(1000);
    batch();
    state.pause();
    pass(60_000);
    expect(state.snapshot()).toMatchObject({ status: "paused", elapsedMs: 1000 });
    state.resume();
    pass(500);
    state.end("done");
    pass(9000);
    expect(state.snapshot()).toMatchObject({ status: "done", elapsedMs: 1500 });
  });

  test("samples every second, and thins a long course instead of cutting it", () => {
    const { state, pass, batch } = started();
    for (let second = 0; second < 5000; second++) {
      pass(1000);
      batch({ lockMs: second === 4000 ? 33 : 5 });
    }
    const { samples } = state.snapshot();
    expect(samples.length).toBeLessThanOrEqual(600);
    expect(samples.length).toBeGreaterThan(200);
    expect(samples[0]?.[0]).toBeLessThan(30);
    expect(samples.at(-1)?.[0]).toBeGreaterThan(4900);
    for (const [, rate] of samples) expect(rate).toBe(10);
  });

  test("hands out copies", () => {
    const { state, batch } = started();
    const before = state.snapshot();
    batch();
    state.fact("Later", "yes");
    expect(before).toMatchObject({ done: 0, facts: [], batches: [] });
  });
});

describe("the registry", () => {
  const bugs: unknown[] = [];
  const announced: Job[] = [];
  const registry = () => {
    announced.length = 0;
    bugs.length = 0;
    return createRegistry(
      (job) => announced.push(job),
      (error) => bugs.push(error),
    );
  };
  const last = async (events: AsyncIterable<Job>) => {
    let job: Job | undefined;
    for await (const now of events) job = now;
    return job;
  };

  test("announces a flood of changes only now and then, and the end always", async () => {
    const jobs = registry();
    const id = jobs.start(plan, async ({ state, changed }) => {
      for (let n = 0; n < 10_000; n++) {
        state.batch(
          { rows: 1, bytes: 1, skipped: 0, lockMs: 0, pauseMs: 0, size: 1, note: "" },
          false,
        );
        changed();
      }
    });
    expect(await last(jobs.watch(id, undefined))).toMatchObject({ status: "done", done: 10_000 });
    expect(announced.length).toBeLessThan(5);
    expect(announced.at(-1)).toMatchObject({ status: "done", done: 10_000 });
  });

  test("tells a failure by its problem, and a bug apart from it", async () => {
    const jobs = registry();
    const full = jobs.start(plan, async () => {
      throw problem("bin_full", "Full.");
    });
    const bug = jobs.start(plan, async () => {
      throw new TypeError("x is not a function");
    });
    expect(await last(jobs.watch(full, undefined))).toMatchObject({
      status: "failed",
      problem: { code: "bin_full" },
    });
    expect(await last(jobs.watch(bug, undefined))).toMatchObject({
      status: "failed",
      problem: { code: "store_failed" },
    });
    expect(bugs).toEqual([expect.any(TypeError)]);
  });

  test("pauses, resumes and stops what a job follows", async () => {
    const jobs = registry();
    const said: string[] = [];
    let wake = () => {};
    const stopped = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const task: RunningTask<number> = {
      pause: () => said.push("pause"),
      resume: () => said.push("resume"),
      stop: () => {
        said.push("stop");
        wake();
      },
      async *[Symbol.asyncIterator]() {
        yield 1;
        await stopped;
      },
    };
    const id = jobs.start(plan, async ({ follow }) => {
      for await (const _ of follow(task));
    });
    expect(jobs.pause(id).status).toBe("paused");
    expect(jobs.pause(id).status).toBe("paused");
    expect(jobs.resume(id).status).toBe("running");
    jobs.pause(id);
    jobs.stop(id);
    await last(jobs.watch(id, undefined));
    expect(jobs.list()).toMatchObject([{ id, status: "stopped" }]);
    expect(said).toEqual(["pause", "resume", "pause", "stop"]);
    expect(jobs.resume(id).status).toBe("stopped");
  });

  test("lets a watcher go without stopping the job", async () => {
    const jobs = registry();
    let finish = () => {};
    const id = jobs.start(plan, () => new Promise<void>((resolve) => (finish = resolve)));
    const abort = new AbortController();
    const watched = last(jobs.watch(id, abort.signal));
    abort.abort();
    expect(await watched).toMatchObject({ status: "running" });
    finish();
    expect(await last(jobs.watch(id, undefined))).toMatchObject({ status: "done" });
  });
});
