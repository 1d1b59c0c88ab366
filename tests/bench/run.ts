/** `node tests/bench/run.ts [engine|sqlite ...]`: runs the named modules beside this one, all where none is named. */
import { readdirSync } from "node:fs";

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -3));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  process.exitCode = 2;
} else
  for (const name of asked.length > 0 ? asked : known) {
    const bench: { run?: () => Promise<void> } = await import(`./${name}.ts`);
    await bench.run?.();
  }
