/**
 * The writable store of an unlocked connection. It stays beside the one for reading until the unlock ends: where its
 * server goes away and comes back meanwhile it is opened again, writable still. What was being written is never repeated.
 */
import type { Store } from "../stores/driver.ts";
import { type Link, linked } from "./reconnect.ts";

export interface Writer {
  /** Always the store as it is now. */
  readonly store: Store;
  readonly link: Link;
  readonly abort: AbortController;
  until: number;
  timer: NodeJS.Timeout;
  /** Work under way; the store is closed when it is locked and this is 0. */
  users: number;
}

export interface WriterOptions {
  open(): Promise<Store>;
  /** The writable store was found gone: the one for reading tells the page. */
  lost(): void;
  delays: readonly number[] | undefined;
}

export async function openWriter({ open, lost, delays }: WriterOptions) {
  const link = linked(await open(), {
    open,
    changed: ({ state }) => {
      if (state === "lost") lost();
    },
    ...(delays && { delays }),
  });
  return { link, store: link.store, users: 0, abort: new AbortController() };
}
