/** The moment before which sessions must have expired to be purged: fixed once, never in the future. */
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import { instant, isoMicros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import type { Store } from "../stores/driver.ts";

/** The store's now, or the given ISO time (UTC where it names no offset). bad_request for one to come. */
export async function cutoffOf(store: Store, before: string | undefined): Promise<string> {
  const now = await store.now();
  if (before === undefined) return now;
  const cutoff = isoOf(before);
  if (cutoff > now)
    throw problem(
      "bad_request",
      "The cutoff lies in the future. A purge never deletes active sessions.",
    );
  return cutoff;
}

function isoOf(text: string): string {
  try {
    return isoMicros(instant(parseIso(text), "UTC"));
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    throw problem("bad_request", "The cutoff is no ISO 8601 time.", "2026-01-31T00:00:00Z");
  }
}
