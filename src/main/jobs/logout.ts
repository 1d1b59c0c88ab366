/**
 * Logs one user out everywhere: a scan finds the sessions, then each is read again and deleted, if it is
 * still theirs and unchanged since.
 */
import { problem } from "../problem.ts";
import type { Store } from "../stores/driver.ts";
import { type ChangeContext, changeMany } from "./change-many.ts";
import { belongsTo, type FoundSessions } from "./logout-find.ts";
import type { JobRun } from "./registry.ts";
import type { TaskRunner } from "./task.ts";

/**
 * A user's id as sessions hold it, from an id or an exact name. bad_request where the text is one user's
 * id and another one's name; an id nobody has is taken as it is, since its sessions may outlive the user.
 */
export async function findUser(
  store: Store,
  text: string,
): Promise<{ id: string; name: string | null }> {
  const named = (await store.findUsers?.(text, true, 2)) ?? [];
  const own = (await store.userNames?.([text]))?.get(text) ?? null;
  const [first] = named.filter(({ id }) => id !== text);
  if (!first) return { id: text, name: own };
  if (own === null && named.length === 1) return first;
  throw problem(
    "bad_request",
    `${text} is the id of one user and the name of another.`,
    `Their ids: ${[...new Set([...(own === null ? [] : [text]), ...named.map(({ id }) => id)])].join(", ")}.`,
  );
}

export async function logoutUser(
  context: ChangeContext,
  runner: TaskRunner,
  user: { id: string; name: string | null },
  run: JobRun,
): Promise<void> {
  const { state } = run;
  const keys: string[] = [];
  let scanned = 0;
  // Reading alone: the store is opened read-only in the worker.
  const recipe = { ...context.recipe, writable: false };
  const task = runner.run<FoundSessions>("findUserSessions", recipe, { user: user.id });
  for await (const event of run.follow(task)) {
    scanned = event.scanned;
    keys.push(...event.found);
    state.expect(keys.length);
    run.changed();
  }
  state.fact("Searched", `${scanned} sessions read, ${keys.length} belong to the user`);
  if (run.signal.aborted) return;
  const report = await changeMany(
    context,
    keys,
    {
      kind: "logout",
      title: `Log out ${user.name ?? user.id}`,
      overwrites: false,
      change: ({ key, token }) => ({ op: "delete", key, expected: token }),
      refuse: (entry) => (belongsTo(entry, user.id) ? null : "It belongs to somebody else by now."),
    },
    async ({ rows, bytes, skipped }) => {
      state.batch({ rows, bytes, skipped, lockMs: 0, pauseMs: 0, size: 100, note: "" }, false);
      run.changed();
      await run.whilePaused();
    },
  );
  if (report.job) state.keptIn(report.job);
  state.fact(
    "Not covered",
    "Sessions the user started after the search began. Searching again finds them.",
  );
}
