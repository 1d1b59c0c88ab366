/** Which keys are sessions, as main/django/cache-key.ts has them, and which of them memcached can hold. */
import { type KeyForm, keyForm, sessionNames } from "../django/cache-key.ts";
import { problem } from "../problem.ts";

export const layouts = ["cache", "cached_db"] as const;

export interface LayoutOptions {
  layout: (typeof layouts)[number];
  prefix: string;
  version: number;
  template: string;
}

export interface Layout extends KeyForm {
  /** Whether memcached takes this session's key. */
  holds(sessionKey: string): boolean;
  /** bad_key for what memcached takes for no key: over 250 bytes, spaces, control characters. */
  keyOf(sessionKey: string): string;
}

/** bad_request for a template that does not hold {key} once. */
export function layoutOf({ layout, prefix, version, template }: LayoutOptions): Layout {
  const form = keyForm({ prefix, version }, sessionNames[layout], template || undefined);
  const isKey = (key: string): boolean =>
    key.isWellFormed() && Buffer.byteLength(key) <= 250 && !/[\0-\x20\x7f]/.test(key);
  return {
    ...form,
    holds: (sessionKey) => isKey(form.keyOf(sessionKey)),
    keyOf(sessionKey) {
      const key = form.keyOf(sessionKey);
      if (!isKey(key))
        throw problem(
          "bad_key",
          "Memcached takes no key with spaces or control characters, or of more than 250 bytes.",
        );
      return key;
    },
  };
}
