/** "Test connection": opens and closes again, saying at each step what was found. */
import type { Connection, Secrets, TestResult, TestStep } from "../../shared/connection.ts";
import { readStored } from "../engine/read.ts";
import type { Keys } from "../jobs/context.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../stores/driver.ts";
import { checkedOptions } from "./connections.ts";
import { keysOf } from "./keys.ts";
import { openStore } from "./open-context.ts";
import { filledSettings } from "./settings.ts";

/** Sessions whose signatures are tried, and the largest looked at. */
const sampleSize = 200;
const sampleBytes = 1_000_000;

/** Never throws for what can be wrong with a connection: the failing step carries the problem. */
export async function testConnection(
  connection: Connection,
  secrets: Secrets | undefined,
  env: NodeJS.ProcessEnv,
): Promise<TestResult> {
  const started = performance.now();
  const steps: TestStep[] = [];
  const sampled = { total: 0, valid: 0, fallbacks: [] as number[], invalid: 0, unverified: 0 };
  let store: Store | null = null;
  try {
    const options = checkedOptions(connection);
    const { keys, missing } = keysOf(connection, secrets, env);
    const settings = filledSettings(connection.settings);
    const plan = { connection: { ...connection, options }, keys, settings };
    store = await openStore({ ...plan, writable: false, binPath: "" });
    steps.push(step("ok", "Opened read-only", store.title));
    for (const { level, title, text } of await store.facts()) steps.push(step(level, title, text));
    await sample(store, keys, sampled);
    steps.push(...keySteps(keys, missing, sampled));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { problem } = error;
    const title = store ? "Reading failed" : "Cannot be opened";
    steps.push({ title, text: problem.message, level: "failed", problem, step: null });
  } finally {
    await store?.close();
  }
  const ok = steps.every(({ level }) => level !== "failed");
  return { ok, tookMs: Math.round(performance.now() - started), steps, sampled };
}

const step = (level: TestStep["level"], title: string, text: string): TestStep => ({
  title,
  text,
  level,
  problem: null,
  step: null,
});

/** The sessions that expire last, which are as a rule the ones saved last. */
async function sample(store: Store, keys: Keys, sampled: TestResult["sampled"]): Promise<void> {
  const request = { order: "-expires", limit: sampleSize, maxData: sampleBytes } as const;
  sampled.fallbacks = keys.fallbacks.map(() => 0);
  for (const { data } of await store.page(request)) {
    if (data === null) continue;
    sampled.total++;
    const { signature } = readStored(data, keys);
    if (signature === "valid" || signature === "invalid" || signature === "unverified")
      sampled[signature]++;
    else {
      const index = Number(signature.slice("fallback:".length)) - 1;
      sampled.fallbacks[index] = (sampled.fallbacks[index] ?? 0) + 1;
    }
  }
}

function keySteps(keys: Keys, missing: string | null, found: TestResult["sampled"]): TestStep[] {
  if (missing)
    return [step("warning", "SECRET_KEY not found", `The variable ${missing} is not set.`)];
  if (!keys.secretKey && keys.fallbacks.length === 0)
    return [step("info", "No SECRET_KEY", "Signatures are not verified and nothing can be saved.")];
  if (found.total === 0)
    return [step("info", "No session to try the key on", "The store is empty.")];
  const fitting = found.valid + found.fallbacks.reduce((sum, count) => sum + count, 0);
  const text = `${fitting} of ${found.total} sampled signatures fit: ${found.valid} the current key${found.fallbacks.map((count, index) => `, ${count} fallback ${index + 1}`).join("")}.`;
  return [
    fitting === 0
      ? step("warning", "The key fits no session", text)
      : step("ok", "The key fits", text),
  ];
}
