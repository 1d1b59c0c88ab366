/** Several streams as one, in the order their items come, one item of each held at most. */
import type { RunningTask } from "./task.ts";

/** Ends when all have ended, or with the first failure; the others are ended with it. */
export async function* merge<Item>(
  sources: readonly (AsyncIterable<Item> | RunningTask<Item>)[],
): AsyncGenerator<Item, void> {
  const ready: { item: Item; next: () => void }[] = [];
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  let open = iterators.length;
  let failure: { error: unknown } | null = null;
  let wake = (): void => {};
  const pump = async (iterator: AsyncIterator<Item>): Promise<void> => {
    try {
      for (;;) {
        const result = await iterator.next();
        if (result.done) break;
        await new Promise<void>((next) => {
          ready.push({ item: result.value, next });
          wake();
        });
      }
    } catch (error) {
      failure ??= { error };
    }
    open--;
    wake();
  };
  for (const iterator of iterators) void pump(iterator);
  try {
    for (;;) {
      for (let one = ready.shift(); one; one = ready.shift()) {
        yield one.item;
        one.next();
      }
      if (failure) throw (failure as { error: unknown }).error;
      if (open === 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}
