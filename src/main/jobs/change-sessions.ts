/** Deletes, extends or ends sessions by key, with everything put into the bin before. */
import type { ChangeReport } from "../../shared/edit.ts";
import { parseIso } from "../engine/iso.ts";
import { instant, isoMicros, microsOfSeconds } from "../engine/time.ts";
import type { Entry, Store, StoreChange } from "../stores/driver.ts";
import { type ChangeContext, type ChunkDone, changeMany } from "./change-many.ts";

const counted = (count: number): string => (count === 1 ? "1 session" : `${count} sessions`);

export const deleteSessions = (
  context: ChangeContext,
  keys: readonly string[],
  chunked?: (done: ChunkDone) => Promise<void>,
): Promise<ChangeReport> =>
  changeMany(
    context,
    keys,
    {
      kind: "delete",
      title: `Delete ${counted(keys.length)}`,
      overwrites: false,
      change: ({ key, token }) => ({ op: "delete", key, expected: token }),
    },
    chunked,
  );

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
    change: (entry) => newExpiry(context.store, entry, expires),
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
    change: (entry) => newExpiry(context.store, entry, expires),
  });
}

/** Where a store keeps no expiry apart from the data, the same data is written with another expiry. */
const newExpiry = (
  { setExpiry }: Store,
  { key, data, token }: Entry,
  expires: string,
): StoreChange =>
  setExpiry
    ? { op: "setExpiry", key, expires, expected: token }
    : { op: "write", key, data: data ?? "", expires, expected: token };

const later = (iso: string, seconds: number): string =>
  isoMicros(instant(parseIso(iso), "UTC") + microsOfSeconds(seconds));
