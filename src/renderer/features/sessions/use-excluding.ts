/** Which tokens of a filter that fits nothing exclude everything each by itself; a token that fits alone is not named. */
import { useEffect, useState } from "react";
import type { Client } from "../../client.ts";

/** A token that takes a scan is tried alone only in a store no larger than this. */
const mostScanned = 20_000;

async function fitsNothing(
  client: Client,
  connection: string,
  filter: string,
  total: number | null,
  signal: AbortSignal,
): Promise<boolean> {
  const plan = await client.sessions.plan({ filter }, { signal });
  if (plan.answeredBy !== "scan") {
    const page = await client.sessions.page({ connection, filter, limit: 1 }, { signal });
    return page.rows.length === 0 && page.next === null;
  }
  if (total === null || total > mostScanned) return false;
  const events = await client.sessions.scan({ connection, filter, limit: 1 }, { signal });
  let matched = 0;
  for await (const event of events) if (event.type === "progress") matched = event.matched;
  return matched === 0;
}

/** `tokens` of a filter whose answer is known to be empty; [] while unknown, or nothing to tell. */
export function useExcluding(
  client: Client,
  connection: string,
  tokens: readonly string[],
  total: number | null,
): string[] {
  const [found, setFound] = useState<{ of: string; tokens: string[] }>({ of: "", tokens: [] });
  const all = tokens.length > 1 ? tokens.join("\n") : "";
  useEffect(() => {
    if (all === "") return;
    const abort = new AbortController();
    const ask = async () => {
      const excluding: string[] = [];
      for (const token of all.split("\n"))
        if (await fitsNothing(client, connection, token, total, abort.signal))
          excluding.push(token);
      if (!abort.signal.aborted) setFound({ of: all, tokens: excluding });
    };
    // Without an answer the tokens are offered for removal all the same.
    ask().catch(() => {});
    return () => abort.abort();
  }, [client, connection, all, total]);
  return found.of === all ? found.tokens : [];
}
