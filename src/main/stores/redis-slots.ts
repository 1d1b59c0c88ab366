/**
 * What moves between the masters of a cluster while all of them are gone through.
 *
 * A round over the masters misses a key only if it moves meanwhile, to one that had its turn. Each move of its slot moves
 * it once, so with one round more than any slot made moves, every key had a round in which it stayed. A move is told by
 * the slot's master being another than before, or by the slot being open: CLUSTER NODES has, on a master's own line,
 *
 *     … myself,master - 0 0 1 connected 0-5460 [93->-<id>] [5461-<-<id>]
 *
 * for one that is on its way to, or from, another.
 */
import { ProblemError } from "../problem.ts";
import { type Sessions, unexpected } from "./redis-read.ts";

export interface SlotWatch {
  /** Looks again. */
  look(): Promise<void>;
  /** Masters by name that have slots, as of the last look. */
  readonly owners: ReadonlySet<string>;
  /** The most moves one slot made between the first look and the last. */
  readonly moves: number;
}

interface Slot {
  moves: number;
  /** On its way, which is counted already. */
  open: boolean;
}

/** Looked for the first time. */
export async function watchSlots({ link }: Sessions): Promise<SlotWatch> {
  let owners: (string | undefined)[] | null = null;
  let names = new Set<string>();
  const moved = new Map<number, Slot>();
  const slotAt = (number: number): Slot => {
    const slot = moved.get(number) ?? { moves: 0, open: false };
    moved.set(number, slot);
    return slot;
  };

  async function ownersNow(): Promise<(string | undefined)[]> {
    const reply = await link.patiently(() => link.send("CLUSTER", "SLOTS"));
    if (!Array.isArray(reply)) throw unexpected("CLUSTER SLOTS");
    const found: (string | undefined)[] = [];
    for (const [from, to, [host, port] = []] of reply)
      for (let number = Number(from); number <= Number(to); number++)
        found[number] = `${host}:${port}`;
    return found;
  }

  /** Of every master, which alone knows its own. Those without permission are asked in vain. */
  async function openNow(): Promise<Set<number>> {
    const open = new Set<number>();
    await link.patiently(async () => {
      for (const { send } of link.masters())
        try {
          const text = String(await send("CLUSTER", "NODES"));
          const own = text.split("\n").find((line) => line.includes("myself")) ?? "";
          for (const [, number] of own.matchAll(/\[(\d+)-[<>]-/g)) open.add(Number(number));
        } catch (error) {
          if (!(error instanceof ProblemError) || error.problem.code !== "read_only") throw error;
        }
    });
    return open;
  }

  async function look(): Promise<void> {
    const open = await openNow();
    const next = await ownersNow();
    for (let number = 0; owners && number < 16_384; number++) {
      if (next[number] === owners[number]) continue;
      const slot = slotAt(number);
      if (!slot.open) slot.moves += 1;
      slot.open = false;
    }
    for (const [number, slot] of moved) slot.open &&= open.has(number);
    for (const number of open) {
      const slot = slotAt(number);
      if (!slot.open) slot.moves += 1;
      slot.open = true;
    }
    owners = next;
    names = new Set(next.filter((name) => name !== undefined));
  }

  await look();
  return {
    look,
    get owners() {
      return names;
    },
    get moves() {
      return moved.values().reduce((most, { moves }) => Math.max(most, moves), 0);
    },
  };
}
