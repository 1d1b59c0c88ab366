/** Long work on the host's own thread, in slices: others get their turn every few ms. */
const slice = 8;

/** A function to be awaited after each step. */
export function breather(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < slice) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}
