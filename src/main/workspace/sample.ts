/** A sample of a store's sessions: which keys verify them, and which serializers wrote them. */
import type { TestResult } from "../../shared/connection.ts";
import { type Encoding, readStored, type SignatureState } from "../engine/read.ts";
import type { Keys } from "../jobs/context.ts";
import type { Store } from "../stores/driver.ts";

/** Sessions whose signatures are tried, and the largest looked at. */
const sampleSize = 200;
const sampleBytes = 1_000_000;
/** What SESSION_SERIALIZER writes. */
const bySetting = new Set<Encoding>(["signed", "legacy", "md5", "signed_cookies"]);

/** The sessions that expire last, which are as a rule the ones saved last. */
export async function sampleOf(
  store: Store,
  keys: Keys,
): Promise<{ sampled: TestResult["sampled"]; serializers: Map<string, number> }> {
  const sampled = {
    ...{ total: 0, valid: 0, invalid: 0, unverified: 0, unsigned: 0 },
    fallbacks: keys.fallbacks.map(() => 0),
  };
  const serializers = new Map<string, number>();
  const order = store.capabilities.orders.includes("-expires") ? "-expires" : "expires";
  for (const { data } of await store.page({ order, limit: sampleSize, maxData: sampleBytes })) {
    if (data === null) continue;
    sampled.total++;
    const { signature, serializer, encoding } = readStored(data, keys);
    // A cache serializes by itself, whatever SESSION_SERIALIZER says.
    if (serializer && bySetting.has(encoding))
      serializers.set(serializer, (serializers.get(serializer) ?? 0) + 1);
    const fallback = /^fallback:(\d+)$/.exec(signature);
    if (fallback) {
      const index = Number(fallback[1]) - 1;
      sampled.fallbacks[index] = (sampled.fallbacks[index] ?? 0) + 1;
    } else sampled[signature as Exclude<SignatureState, `fallback:${number}`>]++;
  }
  return { sampled, serializers };
}
