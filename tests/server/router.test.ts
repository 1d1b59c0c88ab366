import { setTimeout as sleep } from "node:timers/promises";
import { ORPCError, safe } from "@orpc/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OpenRecipe } from "../../src/main/jobs/context.ts";
import type { RunningTask, TaskRunner } from "../../src/main/jobs/task.ts";
import { problem } from "../../src/main/problem.ts";
import { collect, problemOf, startHost, type TestHost } from "../workspace/host.ts";
import { keyOf, openUnlocked } from "../workspace/store.ts";

/** A runner whose tasks go on until they are stopped, or end as a test wants. */
function endless(error?: Error) {
  const running = new Set<string>();
  let started = 0;
  const runner: TaskRunner = {
    run<Event>(name: string, _recipe: OpenRecipe, _input: unknown): RunningTask<Event> {
      let stopped = false;
      async function* events(): AsyncGenerator<Event, void> {
        started++;
        running.add(name);
        try {
          if (error) throw error;
          for (let n = 0; !stopped; n++) {
            yield { total: n, expired: null, exact: false } as Event;
            await sleep(5);
          }
        } finally {
          running.delete(name);
        }
      }
      const iterator = events();
      return {
        pause() {},
        resume() {},
        stop() {
          stopped = true;
        },
        [Symbol.asyncIterator]: () => iterator,
      };
    },
  };
  return { runner, running, started: () => started };
}

let host: TestHost;
let log: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  log = vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(async () => {
  log.mockRestore();
  await host.close();
});

describe("a call through the port", () => {
  test("answers about the app", async () => {
    host = startHost();
    const info = await host.client.app.info();
    expect(info).toMatchObject({ face: "cli", home: host.home, notices: [] });
    expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("fails with a typed problem where that is expected, and nothing is logged", async () => {
    host = startHost();
    const call = host.client.sessions.get({ connection: "nowhere", key: "x" });
    expect(await problemOf(call)).toMatchObject({ code: "not_found", hint: expect.any(String) });
    expect(log).not.toHaveBeenCalled();
  });

  test("refuses input that does not fit the contract", async () => {
    host = startHost();
    const call = host.client.sessions.page({ connection: "demo", limit: 100_000 });
    const [error] = await safe(call);
    expect(error).toMatchObject({ code: "BAD_REQUEST", defined: false });
    expect(log).not.toHaveBeenCalled();
  });

  test("several at once come back to their own callers", async () => {
    host = startHost();
    const { connection } = await openUnlocked(
      host,
      Array.from({ length: 40 }, (_, n) => ({ key: keyOf(n) })),
    );
    const details = await Promise.all(
      Array.from({ length: 40 }, (_, n) => host.client.sessions.get({ connection, key: keyOf(n) })),
    );
    expect(details.map(({ row }) => row.key)).toEqual(
      Array.from({ length: 40 }, (_, n) => keyOf(n)),
    );
  });
});

describe("a bug", () => {
  const secret = "the session said: hunter2";

  test("tells the page nothing and the log no message, but where", async () => {
    const { runner } = endless(new TypeError(secret));
    host = startHost({ taskRunner: runner });
    const { connection } = await openUnlocked(host, [{ key: keyOf(0) }]);
    const [error] = await safe(collect(host.client.sessions.count({ connection })));
    expect(error).toBeInstanceOf(ORPCError);
    expect(error).toMatchObject({ code: "INTERNAL_SERVER_ERROR", message: "Internal error." });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    const [[line] = []] = log.mock.calls;
    expect(line).toMatch(/bug in sessions\.count: TypeError\n\s+at /);
    expect(line).not.toContain("hunter2");
  });

  test("in a job fails the job, with no word of what it was about", async () => {
    const { runner } = endless(new TypeError(secret));
    host = startHost({ taskRunner: runner });
    const { connection } = await openUnlocked(host, [{ key: keyOf(0) }]);
    const { job } = await host.client.users.logout({ connection, user: "1" });
    const states = await collect(host.client.jobs.watch({ job }));
    expect(states.at(-1)).toMatchObject({ status: "failed", problem: { code: "store_failed" } });
    expect(JSON.stringify([states, log.mock.calls])).not.toContain("hunter2");
  });

  test("a problem inside a stream is a problem", async () => {
    const { runner } = endless(problem("store_gone", "It vanished."));
    host = startHost({ taskRunner: runner });
    const { connection } = await openUnlocked(host, [{ key: keyOf(0) }]);
    const call = collect(host.client.sessions.count({ connection }));
    expect(await problemOf(call)).toMatchObject({ code: "store_gone" });
  });
});

describe("a stream", () => {
  test("stops its work when the page ends the iteration", async () => {
    const { runner, running, started } = endless();
    host = startHost({ taskRunner: runner });
    const { connection } = await openUnlocked(host, [{ key: keyOf(0) }]);
    const events = await host.client.sessions.count({ connection });
    let seen = 0;
    for await (const _ of events) if (++seen === 3) break;
    await vi.waitFor(() => expect(running.size).toBe(0));
    expect(started()).toBe(1);
  });

  test("stops its work when the page goes away", async () => {
    const { runner, running } = endless();
    host = startHost({ taskRunner: runner });
    const { connection } = await openUnlocked(host, [{ key: keyOf(0) }]);
    const calls = [
      host.client.purge.preview({ connection }),
      host.client.sessions.count({ connection }),
    ];
    for (const call of calls) {
      const events = await call;
      await events.next().catch(() => {});
    }
    expect(running.size).toBeGreaterThan(0);
    host.hangUp();
    await vi.waitFor(() => expect(running.size).toBe(0));
  });

  test("of the app's events tells of stores and ends with its listener", async () => {
    host = startHost();
    const events = await host.client.app.events();
    const seen: string[] = [];
    await host.client.connections.open({ connection: "demo" });
    await host.client.connections.close({ connection: "demo" });
    for await (const event of events) {
      seen.push(event.type);
      if (event.type === "closed") break;
    }
    expect(seen[0]).toBe("hello");
    expect(seen.at(-1)).toBe("closed");
  });
});

test("jobs are listed, and unknown ones are said to be", async () => {
  host = startHost();
  const { connection } = await openUnlocked(host, [{ key: keyOf(0), days: -1 }]);
  const { job } = await host.client.purge.start({ connection, cutoff: new Date().toISOString() });
  await collect(host.client.jobs.watch({ job }));
  expect(await host.client.jobs.list({})).toMatchObject([{ id: job, status: "done" }]);
  expect(await host.client.jobs.list({ connection: "other" })).toEqual([]);
  expect(await problemOf(host.client.jobs.pause({ job: "no" }))).toMatchObject({
    code: "not_found",
  });
});

test("no key is in an event, an answer or a problem", async () => {
  host = startHost();
  const secretKey = "exactly-this-key-must-not-leak";
  const events = await host.client.app.events();
  const { connection } = await openUnlocked(host, [{ key: keyOf(0) }]);
  const said: unknown[] = [
    await host.client.connections.open({ connection, secrets: { secretKey } }),
    await host.client.connections.list(),
    await host.client.sessions.get({ connection, key: keyOf(0) }),
    await host.client.sessions.delete({ connection, keys: [keyOf(0)] }),
    await host.client.bin.jobs({}),
    await problemOf(host.client.sessions.get({ connection, key: "gone" })),
  ];
  await host.client.connections.close({ connection });
  for await (const event of events) {
    said.push(event);
    if (event.type === "closed") break;
  }
  expect(JSON.stringify(said)).not.toContain(secretKey);
});
