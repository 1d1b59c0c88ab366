/** Deletes, extends or ends sessions by key, with everything put into the bin before. */
import type { ChangeReport } from "../../shared/edit.ts";
import { parseIso } from "../engine/iso.ts";
import { instant, isoMicros, microsOfSeconds } from "../engine/time.ts";
import type { Entry, WriteOutcome } from "../stores/driver.ts";
import { type ChangeContext, changeMany } from "./change-many.ts";
import type { StoreContext } from "./context.ts";

const counted = (count: number): string => (count === 1 ? "1 session" : `${count} sessions`);

export const deleteSessions = (
  context: ChangeContext,
  keys: readonly string[],
): Promise<ChangeReport> =>
  changeMany(context, keys, {
    kind: "delete",
    title: `Delete ${counted(keys.length)}`,
    overwrites: false,
    apply: ({ key, token }) => context.store.delete(key, token),
  });

/** `seconds` from the store's now; default SESSION_COOKIE_AGE. */
export async function extendSessions(
  context: ChangeContext,
  keys: readonly string[],
  seconds: number = context.recipe.settings.SESSION_COOKIE_AGE,
): Promise<ChangeReport> {
  const expires = later(await context.store.now(), seconds);
  return changeMany(context, keys, {
    kind: "extend",
    title: `Extend ${counted(keys.length)}`,
    overwrites: true,
    apply: (entry) => setExpiry(context, entry, expires),
  });
}

/** The expiry becomes the store's now: Django serves a session only before it. */
export async function expireSessions(
  context: ChangeContext,
  keys: readonly string[],
): Promise<ChangeReport> {
  const expires = await context.store.now();
  return changeMany(context, keys, {
    kind: "expire",
    title: `Expire ${counted(keys.length)}`,
    overwrites: true,
    apply: (entry) => setExpiry(context, entry, expires),
  });
}

function setExpiry({ store }: StoreContext, entry: Entry, expires: string): Promise<WriteOutcome> {
  const { key, data, token } = entry;
  if (store.setExpiry) return store.setExpiry(key, expires, token);
  return store.write({ key, data: data ?? "", expires, expected: token });
}

const later = (iso: string, seconds: number): string =>
  isoMicros(instant(parseIso(iso), "UTC") + microsOfSeconds(seconds));
