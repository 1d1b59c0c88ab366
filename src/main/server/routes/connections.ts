/** connections.*: saved places, and opening, unlocking and closing them. */
import { demoId } from "../../workspace/demo.ts";
import { testConnection } from "../../workspace/test-connection.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const connectionRoutes = ({ connections, stores, jobs, env, resetDemo }: Services) => ({
  list: os.connections.list.handler(() =>
    connections.list().map((connection) => ({ connection, store: stores.view(connection.id) })),
  ),
  save: os.connections.save.handler(async ({ input }) => {
    const saved = connections.save(input.connection);
    // It is opened again below, and what runs would go on with what was.
    await jobs.stopAll(saved.id);
    await stores.changed(saved);
    return saved;
  }),
  remove: os.connections.remove.handler(async ({ input }) => {
    connections.remove(input.connection);
    await jobs.stopAll(input.connection);
    await stores.close(input.connection);
    return {};
  }),
  test: os.connections.test.handler(({ input }) =>
    testConnection(input.connection, input.secrets, env),
  ),
  open: os.connections.open.handler(({ input }) => stores.open(input.connection, input.secrets)),
  openTarget: os.connections.openTarget.handler(({ input }) =>
    stores.openTarget(input.target, input.table, input.secrets),
  ),
  close: os.connections.close.handler(async ({ input }) => {
    await jobs.stopAll(input.connection);
    await stores.close(input.connection);
    return {};
  }),
  unlock: os.connections.unlock.handler(({ input }) =>
    stores.unlock(input.connection, input.confirmName),
  ),
  lock: os.connections.lock.handler(({ input }) => {
    void jobs.stopAll(input.connection);
    return stores.lock(input.connection);
  }),
  resetDemo: os.connections.resetDemo.handler(async () => {
    await jobs.stopAll(demoId);
    await stores.close(demoId);
    resetDemo();
    return stores.open(demoId);
  }),
});
