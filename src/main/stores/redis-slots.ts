/**
 * What moves between the masters of a cluster while all of them are gone through.
 *
 * A round over the masters misses a key only if it moves meanwhile, to one that had its turn. So a round in which nothing
 * moved is whole, and so are rounds together that are more than the moves of any slot: every key had one in which it
 * stayed. A master that takes a slot over gets a new epoch, unless it has the newest already, so a slot made one move
 * more than there are new epochs at most. CLUSTER NODES has epochs, and on a master's own line slots on their way:
 *
 *     … myself,master - 0 0 7 connected 0-5460 [93->-<id>] [5461-<-<id>]
 */
import { ProblemError } from "../problem.ts";
import { type Sessions, unexpected } from "./redis-read.ts";

interface View {
  /** Which master has which slots. */
  readonly slots: string;
  readonly owners: ReadonlySet<string>;
  /** A slot is on its way: its keys are here and there. */
  readonly open: boolean;
  readonly epoch: number;
}

export interface SlotWatch {
  /** Looks again, and tells whether something moved since the last look. */
  moved(): Promise<boolean>;
  /** Masters by name that have slots, as of the last look. */
  readonly owners: ReadonlySet<string>;
  /** The most moves a slot can have made since the first look. */
  readonly moves: number;
}

/** Looks for the first time. */
export async function watchSlots(sessions: Sessions): Promise<SlotWatch> {
  const first = await viewOf(sessions);
  let last = first;
  let any = false;
  return {
    async moved() {
      const before = last;
      last = await viewOf(sessions);
      const moved =
        before.open || last.open || before.slots !== last.slots || before.epoch !== last.epoch;
      any ||= moved;
      return moved;
    },
    get owners() {
      return last.owners;
    },
    get moves() {
      return any ? last.epoch - first.epoch + 1 : 0;
    },
  };
}

/** What a user may not ask for (CLUSTER NODES) is taken to be at rest. */
async function viewOf({ link }: Sessions): Promise<View> {
  let open = false;
  let epoch = 0;
  await link.patiently(async () => {
    for (const { send } of link.masters())
      try {
        const lines = String(await send("CLUSTER", "NODES")).split("\n");
        open ||= lines.some((line) => line.includes("myself") && /\[\d+-[<>]-/.test(line));
        for (const line of lines) epoch = Math.max(epoch, Number(line.split(" ")[6]) || 0);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.problem.code !== "read_only") throw error;
      }
  });
  const reply = await link.patiently(() => link.send("CLUSTER", "SLOTS"));
  if (!Array.isArray(reply)) throw unexpected("CLUSTER SLOTS");
  const ranges = reply.map(([from, to, [host, port] = []]) => ({
    slots: `${from}-${to}`,
    owner: `${host}:${port}`,
  }));
  return {
    slots: ranges
      .map(({ slots, owner }) => `${slots} ${owner}`)
      .sort()
      .join(),
    owners: new Set(ranges.map(({ owner }) => owner)),
    open,
    epoch,
  };
}
