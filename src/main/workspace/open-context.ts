/** Opens a store from plain data, the same way in the host and in its worker threads. */

import type { Problem } from "../../shared/problem.ts";
import type { OpenRecipe, StoreContext } from "../jobs/context.ts";
import { pairStore } from "../jobs/pair.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../stores/driver.ts";
import { driverOf } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";
import { openRecycleBin, type RecycleBin } from "./recycle-bin.ts";
import { cacheOverlay } from "./secret-options.ts";
import { storedExpiry } from "./stored-expiry.ts";

/** The store alone. Problems as the driver gives them, bad_request for options it does not take; the caller closes it. */
export async function openStore(recipe: OpenRecipe): Promise<Store> {
  const { connection, overlay, keys } = recipe;
  const { driver, cachedBy } = connection;
  const store = await openOne(recipe, { driver, options: { ...connection.options, ...overlay } });
  if (!cachedBy) return store;
  try {
    return pairStore(
      store,
      await openOne(recipe, {
        ...cachedBy,
        options: { ...cachedBy.options, ...cacheOverlay(overlay) },
      }),
      keys,
    );
  } catch (error) {
    await store.close();
    throw error instanceof ProblemError ? ofCache(error.problem) : error;
  }
}

/** Says of which half it is: its options and steps are named as the row's are. */
const ofCache = ({ detail, ...rest }: Problem): ProblemError =>
  new ProblemError({ ...rest, detail: { ...detail, half: "copy" } });

const openOne = (
  { settings, writable, proxy }: OpenRecipe,
  place: Pick<OpenRecipe["connection"], "driver" | "options">,
): Promise<Store> =>
  driverOf(place.driver).open({
    options: checkedOptions(place),
    writable,
    proxy: proxy ?? null,
    expiry: {
      cookieAge: settings.SESSION_COOKIE_AGE,
      cookieName: settings.SESSION_COOKIE_NAME,
      storedExpiry,
    },
    useTz: settings.USE_TZ,
    timeZone: settings.TIME_ZONE,
  });

/** A store and a recycle bin of their own, for a worker thread. */
export async function openContext(
  recipe: OpenRecipe,
): Promise<{ context: StoreContext; close(): Promise<void> }> {
  const store = await openStore(recipe);
  let bin: RecycleBin | null = null;
  return {
    context: {
      recipe,
      store,
      // What keeps nothing needs none, and goes on where its disk is full.
      get bin() {
        bin ??= openRecycleBin(recipe.binPath);
        return bin;
      },
    },
    async close() {
      bin?.close();
      await store.close();
    },
  };
}
