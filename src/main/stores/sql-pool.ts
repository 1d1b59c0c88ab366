/**
 * Connections to a SQL server: a few at most, each with a deadline for every statement, dropped when they break and made
 * anew when next needed. Aborting a statement tells the server, from a connection of its own.
 */
import { ProblemError, problem } from "../problem.ts";

/** A list stands for the values of an IN. */
export type Cell = string | number | null | readonly string[];

export interface Answer {
  rows: unknown[][];
  /** Rows changed, or matched by an UPDATE. */
  count: number;
}

export type Run = (sql: string, parameters?: readonly Cell[]) => Promise<Answer>;

/** One connection. In SQL, `?` stands for a parameter wherever it is not quoted. */
export interface Session {
  readonly run: Run;
  readonly broken: boolean;
  /** The statement that, in another session, stops what this one runs. */
  readonly cancel: string;
  destroy(): void;
  close(): Promise<void>;
}

export interface Server {
  /** Connects and sets the session up, within a deadline of its own. */
  connect(): Promise<Session>;
  /** The problem a client's error stands for; anything else comes back as it is. */
  problemOf(error: unknown): unknown;
  /** Longest a statement may take, in ms; the server ends it then, and the pool somewhat later. */
  readonly statementMs: number;
}

export interface Pool {
  /** One statement that reads, by itself. An aborted one throws the signal's reason. */
  run(sql: string, parameters?: readonly Cell[], signal?: AbortSignal): Promise<Answer>;
  /** One statement that writes: never tried again, as nobody knows what came of it. */
  change(sql: string, parameters?: readonly Cell[]): Promise<Answer>;
  /** Rolled back when the work throws. */
  transaction<Result>(work: (run: Run) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const MOST = 4;
/** What the network may take beyond a statement's own time, in ms. */
const GRACE = 5000;

const GOODBYE = 1000;

const LATE = { step: "statement" };
const isLate = (error: unknown) => error instanceof ProblemError && error.problem.detail === LATE;

export function createPool(server: Server): Pool {
  const idle: Session[] = [];
  const waiting: (() => void)[] = [];
  let open = 0;
  let closed = false;

  async function acquire(): Promise<Session> {
    while (open >= MOST && !idle.length)
      await new Promise<void>((resolve) => waiting.push(resolve));
    if (closed) throw problem("store_gone", "The connection was closed.", "Open it again.");
    for (let session = idle.pop(); session; session = idle.pop()) {
      if (!session.broken) return session;
      open -= 1;
    }
    open += 1;
    try {
      return await server.connect();
    } catch (error) {
      open -= 1;
      waiting.shift()?.();
      throw server.problemOf(error);
    }
  }

  function release(session: Session): void {
    if (session.broken || closed) {
      open -= 1;
      void end(session);
    } else idle.push(session);
    waiting.shift()?.();
  }

  /** A statement that is not answered in time ends with its connection. */
  async function timed(session: Session, sql: string, parameters: readonly Cell[]) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        session.destroy();
        const seconds = Math.round((server.statementMs + GRACE) / 1000);
        reject(
          problem(
            "store_gone",
            `The server gave no answer within ${seconds} s.`,
            "Try again.",
            LATE,
          ),
        );
      }, server.statementMs + GRACE);
    });
    try {
      return await Promise.race([session.run(sql, parameters), late]);
    } catch (error) {
      throw server.problemOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops what a session runs, and lets go of it: a cancellation may come late, and must not hit what runs next. */
  async function cancel(session: Session): Promise<void> {
    try {
      const other = await server.connect();
      await other.run(session.cancel);
      await end(other);
    } catch {
      // Ending the connection is as good.
    }
    session.destroy();
    release(session);
  }

  return {
    async run(sql, parameters = [], signal) {
      signal?.throwIfAborted();
      for (let again = idle.length > 0; ; again = false) {
        const session = await acquire();
        let cancelling = false;
        const stop = () => {
          cancelling = true;
          void cancel(session);
        };
        signal?.addEventListener("abort", stop);
        try {
          return await timed(session, sql, parameters);
        } catch (error) {
          signal?.throwIfAborted();
          // A connection that was cut while it lay idle says so only now; statements by themselves are reads.
          if (!again || !session.broken || isLate(error)) throw error;
        } finally {
          signal?.removeEventListener("abort", stop);
          if (!cancelling) release(session);
        }
      }
    },
    async change(sql, parameters = []) {
      const session = await acquire();
      try {
        return await timed(session, sql, parameters);
      } finally {
        release(session);
      }
    },
    async transaction(work) {
      const session = await acquire();
      const run: Run = (sql, parameters = []) => timed(session, sql, parameters);
      try {
        await run("BEGIN");
        const result = await work(run);
        await run("COMMIT");
        return result;
      } catch (error) {
        if (!session.broken) await run("ROLLBACK").catch(() => session.destroy());
        throw error;
      } finally {
        release(session);
      }
    },
    async close() {
      closed = true;
      for (const wake of waiting.splice(0)) wake();
      await Promise.all(idle.splice(0).map(end));
    },
  };
}

/** Says goodbye, but waits for no answer that does not come. */
async function end(session: Session): Promise<void> {
  if (!session.broken) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE);
    });
    await Promise.race([session.close(), late]);
    clearTimeout(timer);
  }
  session.destroy();
}

/** Replaces each `?` of a statement that stands for a parameter; those in quotes are text or part of a name. */
export function eachMark(sql: string, replace: (index: number) => string): string {
  let index = 0;
  return sql.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\?/g, (found) =>
    found === "?" ? replace(index++) : found,
  );
}
