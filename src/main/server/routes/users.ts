/** users.*: finding users, and logging one out everywhere. */
import { findUser, logoutUser } from "../../jobs/logout.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";
import { startWriting } from "./start-writing.ts";

const suggested = 20;

export const userRoutes = (services: Services) => ({
  find: os.users.find.handler(async ({ input }) => {
    const { store } = services.stores.reading(input.connection);
    return (await store.findUsers?.(input.text, false, suggested)) ?? [];
  }),
  logout: os.users.logout.handler(async ({ input }) => {
    const { stores, runner } = services;
    const { store } = stores.reading(input.connection);
    const user = await findUser(store, input.user);
    const plan = {
      kind: "logout",
      connection: input.connection,
      title: `Log out ${user.name ?? user.id} everywhere`,
      total: null,
    } as const;
    const job = startWriting(services, plan, input.confirmName, (context, run) =>
      logoutUser(context, runner, user, run),
    );
    return { job };
  }),
});
