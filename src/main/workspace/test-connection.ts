/** "Test connection": takes each step of the way by itself and says at which it ends. */
import type { Connection, Secrets, TestResult, TestStep } from "../../shared/connection.ts";
import type { Keys } from "../jobs/context.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../stores/driver.ts";
import { driverOf } from "../stores/list.ts";
import { serversOf } from "./address.ts";
import { checkedOptions } from "./connections.ts";
import { keysOf } from "./keys.ts";
import { conceal, concealText, masked, maskedProblem } from "./mask.ts";
import { openStore } from "./open-context.ts";
import { reach } from "./reach.ts";
import { sampleOf } from "./sample.ts";
import { mergedSecrets, withoutSecrets } from "./secret-options.ts";
import { filledSettings } from "./settings.ts";
import { type Way, wayTo } from "./way.ts";

const titles: Record<string, string> = {
  lookup: "Name lookup",
  tcp: "TCP",
  ssh: "SSH tunnel",
  tls: "TLS",
  authentication: "Authentication",
  database: "Database",
  table: "Table",
  credentials: "Kept secrets",
};

/** Drivers' own names of steps, as they are named here. */
const stepOf = (name: unknown): string | null => {
  if (typeof name !== "string") return null;
  const plain = name.toLowerCase();
  return plain === "name lookup" ? "lookup" : plain;
};

/** Never throws for what can be wrong with a connection: the failing step carries the problem. */
export async function testConnection(
  given: Connection,
  secrets: Secrets | undefined,
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<TestResult> {
  const started = performance.now();
  const steps: TestStep[] = [];
  let sampled: TestResult["sampled"] = {
    ...{ total: 0, valid: 0, invalid: 0, unverified: 0, unsigned: 0 },
    fallbacks: [],
  };
  let store: Store | null = null;
  let way: Way | null = null;
  const passed = new Set<string>();
  /** What opening goes through, in order. */
  let all: string[] = [];
  const ok = (step: string | null, title: string, text: string) => {
    if (step !== null) passed.add(step);
    steps.push({ ...fact("ok", title, text), step });
  };
  try {
    const plain = withoutSecrets({ ...given, options: checkedOptions(given) });
    const { connection } = plain;
    all = (driverOf(connection.driver).steps ?? [])
      .map(stepOf)
      .filter((name) => name !== null)
      .filter((name) => name !== "tls" || connection.options["tls"] !== "disable");
    const typed = mergedSecrets({ options: plain.options }, secrets);
    conceal(typed);
    const { keys, missing } = keysOf(connection, typed, env);
    for (const key of [keys.secretKey, ...keys.fallbacks]) concealText(key);
    const settings = filledSettings(connection.settings);
    const [address, second] = serversOf(connection);
    if (address && "host" in address && !second && !connection.tunnel)
      for await (const { step, text } of reach(address.host, address.port))
        ok(step, titles[step] ?? step, text);
    way = await wayTo(connection, typed, env, home);
    if (connection.tunnel) ok("ssh", "SSH tunnel", `Through ${connection.tunnel.host}.`);
    const plan = { connection, overlay: way.overlay, proxy: way.proxy, keys, settings };
    store = await openStore({ ...plan, writable: false, binPath: "" });
    for (const name of all) if (!passed.has(name)) ok(name, titles[name] ?? name, "Done.");
    ok(null, "Opened read-only", store.title);
    for (const { level, title, text } of await store.facts()) steps.push(fact(level, title, text));
    ({ sampled } = await sampleOf(store, keys));
    steps.push(...keySteps(keys, missing, sampled));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { problem } = error;
    const step = stepOf(problem.detail?.["step"]);
    // The cache is opened when the table is.
    const inCache = problem.detail?.["half"] === "copy";
    if (way && (step !== null || inCache))
      for (const name of inCache ? all : all.slice(0, Math.max(0, all.indexOf(step ?? ""))))
        if (!passed.has(name)) ok(name, titles[name] ?? name, "Done.");
    const title = (step && titles[step]) ?? (store ? "Reading failed" : "Cannot be opened");
    steps.push({
      title: inCache ? `Cache: ${title}` : title,
      text: problem.message,
      level: "failed",
      problem: maskedProblem(problem),
      step,
    });
  } finally {
    await store?.close();
    await way?.close();
  }
  return {
    ok: steps.every(({ level }) => level !== "failed"),
    tookMs: Math.round(performance.now() - started),
    steps: steps.map((one) => ({ ...one, text: masked(one.text) })),
    sampled,
  };
}

const fact = (level: TestStep["level"], title: string, text: string): TestStep => ({
  ...{ title, text, level },
  problem: null,
  step: null,
});

function keySteps(keys: Keys, missing: string | null, found: TestResult["sampled"]): TestStep[] {
  const key = (level: TestStep["level"], title: string, text: string): TestStep[] => [
    { ...fact(level, title, text), step: "key" },
  ];
  if (found.total > 0 && found.unsigned === found.total)
    return key("info", "Nothing is signed", "What a cache holds has no signature to verify.");
  if (missing) return key("warning", "SECRET_KEY not found", `The variable ${missing} is not set.`);
  if (!keys.secretKey && keys.fallbacks.length === 0)
    return key("info", "No SECRET_KEY", "Signatures are not verified and nothing can be saved.");
  if (found.total === 0) return key("info", "No session to try the key on", "The store is empty.");
  const fitting = found.valid + found.fallbacks.reduce((sum, count) => sum + count, 0);
  const each = found.fallbacks.map((count, index) => `, ${count} fallback ${index + 1}`).join("");
  const text = `${fitting} of ${found.total - found.unsigned} sampled signatures fit: ${found.valid} the current key${each}.`;
  return fitting === 0
    ? key("warning", "The key fits no session", text)
    : key("ok", "The key fits", text);
}
