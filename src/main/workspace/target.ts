/** From a path, a store URL or @NAME, as typed on the command line or dropped on the window, to a connection. */
import { resolve } from "node:path";
import { type Connection, connectionSchema } from "../../shared/connection.ts";
import { problem } from "../problem.ts";
import { detectPath, driverForUrl } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";
import { identityOf, targetId } from "./identity.ts";
import { withoutSecrets } from "./secret-options.ts";

/** What a path or URL does not say. */
export interface TargetOptions {
  readonly table?: string | undefined;
  /** The name of a subclassed SessionStore, before a saved connection's own. */
  readonly storeClass?: string | undefined;
  /** cached_db: the URL of the cache in front of the table, before a saved connection's own. */
  readonly cache?: string | undefined;
}

/**
 * The saved connection to that place where there is one, so that a store marked as production stays
 * so however it is opened; else an unsaved one. Secrets of the URL come apart. Problems: those of driverForUrl(),
 * detectPath() and, for @NAME, not_found and bad_request.
 */
export async function connectionOfTarget(
  target: string,
  { table, storeClass, cache }: TargetOptions,
  saved: Connection[],
): Promise<{ connection: Connection; options: Record<string, string> }> {
  if (target.startsWith("@")) {
    const connection = named(target.slice(1), saved);
    if (table || cache)
      throw problem(
        "bad_request",
        "A saved connection names its own table and cache.",
        "Leave --table and --cache out, or give the store's URL.",
      );
    return {
      connection: storeClass ? { ...connection, storeClass } : connection,
      options: {},
    };
  }
  const { driver, options: found } = driverForUrl(target) ?? (await detectPath(resolve(target)));
  const raw = { ...(found as object), ...(table ? { table } : {}) };
  const all = checkedOptions({ driver: driver.name, options: raw });
  const given = cache ? cacheOf(cache) : null;
  const plain = withoutSecrets({ driver: driver.name, options: all, cachedBy: given });
  const { options, cachedBy } = plain.connection;
  const identity = identityOf({ driver: driver.name, options });
  const known = saved.find((one) => one.driver === driver.name && samePlace(one, identity));
  const signed = { ...(storeClass && { storeClass }), ...(cachedBy && { cachedBy }) };
  if (known) return { connection: { ...known, ...signed }, options: plain.options };
  const connection = connectionSchema.parse({
    id: targetId(cachedBy ? `${identity}, ${identityOf(cachedBy)}` : identity),
    name: driver.suggestName(all).slice(0, 80),
    driver: driver.name,
    options,
    ...signed,
  });
  return { connection, options: plain.options };
}

/** bad_request for what is no cache's URL. */
function cacheOf(url: string): NonNullable<Connection["cachedBy"]> {
  const found = driverForUrl(url);
  if (found?.driver.kind !== "cache")
    throw problem("bad_request", "This is no URL of a cache.", "Such as redis://localhost/1");
  const options = { layout: "cached_db", ...(found.options as object) };
  return {
    driver: found.driver.name,
    options: checkedOptions({ driver: found.driver.name, options }),
  };
}

const fullName = ({ group, name }: Connection): string => (group ? `${group}/${name}` : name);

/** By its name, or by its group and name ("acme/shop"). Problems: not_found, bad_request where several have the name. */
function named(name: string, saved: Connection[]): Connection {
  const whole = saved.filter((one) => fullName(one) === name);
  const found = whole.length > 0 ? whole : saved.filter((one) => one.name === name);
  const [first, ...others] = found;
  if (!first)
    throw problem(
      "not_found",
      `No saved connection is called ${name}.`,
      `There are: ${saved.map((one) => `@${fullName(one)}`).join(", ")}.`,
    );
  if (others.length > 0)
    throw problem(
      "bad_request",
      `${found.length} saved connections are called ${name}.`,
      `Their whole names: ${found.map((one) => `@${fullName(one)}`).join(", ")}.`,
    );
  return first;
}

/** A saved connection whose options no longer fit its driver is no match. */
function samePlace(connection: Connection, identity: string): boolean {
  try {
    return identityOf(connection) === identity;
  } catch {
    return false;
  }
}
