/** From a path or a store URL, as typed on the command line or dropped on the window, to a connection. */
import { resolve } from "node:path";
import { type Connection, connectionSchema } from "../../shared/connection.ts";
import { detectPath, driverForUrl } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";
import { identityOf, targetId } from "./identity.ts";
import { withoutSecrets } from "./secret-options.ts";

/** What a path or URL does not say. */
export interface TargetOptions {
  readonly table?: string | undefined;
  /** The name of a subclassed SessionStore, before a saved connection's own. */
  readonly storeClass?: string | undefined;
}

/**
 * The saved connection to that place where there is one, so that a store marked as production stays
 * so however it is opened; else an unsaved one. Secrets of the URL come apart. Problems: those of driverForUrl() and detectPath().
 */
export async function connectionOfTarget(
  target: string,
  { table, storeClass }: TargetOptions,
  saved: Connection[],
): Promise<{ connection: Connection; options: Record<string, string> }> {
  const { driver, options: found } = driverForUrl(target) ?? (await detectPath(resolve(target)));
  const raw = { ...(found as object), ...(table ? { table } : {}) };
  const all = checkedOptions({ driver: driver.name, options: raw });
  const plain = withoutSecrets({ driver: driver.name, options: all });
  const { options } = plain.connection;
  const identity = identityOf({ driver: driver.name, options });
  const known = saved.find((one) => one.driver === driver.name && samePlace(one, identity));
  const signed = storeClass ? { storeClass } : {};
  if (known) return { connection: { ...known, ...signed }, options: plain.options };
  const connection = connectionSchema.parse({
    id: targetId(identity),
    name: driver.suggestName(all).slice(0, 80),
    driver: driver.name,
    options,
    ...signed,
  });
  return { connection, options: plain.options };
}

/** A saved connection whose options no longer fit its driver is no match. */
function samePlace(connection: Connection, identity: string): boolean {
  try {
    return identityOf(connection) === identity;
  } catch {
    return false;
  }
}
