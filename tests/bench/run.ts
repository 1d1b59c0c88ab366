/** `node tests/bench/run.ts [engine|sqlite ...]`: measures against real Django in the same run; all where none is named. */
const benches: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  engine: () => import("./engine.ts"),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(", ")}. There are: ${Object.keys(benches).join(", ")}.`);
  process.exitCode = 2;
} else
  for (const [name, load] of Object.entries(benches))
    if (names.length === 0 || names.includes(name)) await (await load()).run();
