/** Which options of a driver are secret, by its schema (`.meta({ secret: true })`), and taking them out. */
import { z } from "zod";
import { type Connection, cachePrefix, type Secrets } from "../../shared/connection.ts";
import type { Driver } from "../stores/driver.ts";
import { driverOf } from "../stores/list.ts";

const names = new WeakMap<Driver, readonly string[]>();

export function secretNames(driverName: string): readonly string[] {
  const driver = driverOf(driverName);
  const known = names.get(driver);
  if (known) return known;
  const { properties = {} } = z.toJSONSchema(driver.options, { io: "input" });
  const found = Object.entries(properties)
    .filter(
      ([, field]) =>
        typeof field === "object" &&
        (field["secret"] === true || field["x-secret"] === true || field["format"] === "password"),
    )
    .map(([name]) => name);
  names.set(driver, found);
  return found;
}

/**
 * The connection as it may be saved and shown, and the secrets that stood in its options; those of its cache are named
 * "cachedBy.password" and the like.
 */
export function withoutSecrets<
  Given extends Pick<Connection, "driver" | "options"> & Partial<Pick<Connection, "cachedBy">>,
>(connection: Given): { connection: Given; options: Record<string, string> } {
  const found: Record<string, string> = {};
  const options = { ...connection.options };
  for (const name of secretNames(connection.driver)) {
    const value = options[name];
    if (typeof value === "string" && value !== "") found[name] = value;
    delete options[name];
  }
  const cache = connection.cachedBy ? withoutSecrets(connection.cachedBy) : null;
  for (const [name, value] of Object.entries(cache?.options ?? {}))
    found[cachePrefix + name] = value;
  return {
    connection: { ...connection, options, ...(cache && { cachedBy: cache.connection }) },
    options: found,
  };
}

/** What lies over the options of the cache, its names without the prefix. */
export const cacheOverlay = (overlay: Record<string, unknown> = {}): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(overlay)
      .filter(([name]) => name.startsWith(cachePrefix))
      .map(([name, value]) => [name.slice(cachePrefix.length), value]),
  );

/** Both, what is given later counting more; undefined where there is nothing at all. */
export function mergedSecrets(...all: (Secrets | undefined)[]): Secrets | undefined {
  let merged: Secrets | undefined;
  for (const one of all) {
    if (!one) continue;
    const keys = one.secretKey || one.fallbacks?.length;
    merged = {
      ...merged,
      // Keys go together: the fallbacks of another key are none of this one.
      ...(keys ? { secretKey: one.secretKey, fallbacks: one.fallbacks } : {}),
      ...(one.options && { options: { ...merged?.options, ...one.options } }),
      ...(one.tunnel && { tunnel: { ...merged?.tunnel, ...one.tunnel } }),
    };
  }
  return merged;
}

export const isEmpty = (secrets: Secrets | undefined): boolean =>
  !secrets?.secretKey &&
  !secrets?.fallbacks?.length &&
  !Object.values(secrets?.options ?? {}).some(Boolean) &&
  !secrets?.tunnel?.password &&
  !secrets?.tunnel?.passphrase;
