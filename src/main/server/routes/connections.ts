/** connections.*: saved places, and opening, unlocking and closing them. */
import { demoId } from "../../workspace/demo.ts";
import { conceal } from "../../workspace/mask.ts";
import { isEmpty, mergedSecrets, withoutSecrets } from "../../workspace/secret-options.ts";
import { acceptHostKey } from "../../workspace/ssh/known-hosts.ts";
import { testConnection } from "../../workspace/test-connection.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const connectionRoutes = ({
  connections,
  stores,
  credentials,
  projects,
  jobs,
  env,
  home,
  resetDemo,
}: Services) => ({
  list: os.connections.list.handler(() =>
    connections.list().map((connection) => ({
      connection,
      store: stores.view(connection.id),
      remembered: credentials.has(connection.id),
    })),
  ),
  save: os.connections.save.handler(async ({ input }) => {
    const { handle } = input.secrets ?? {};
    const secrets = mergedSecrets(
      handle ? projects.secrets(handle) : undefined,
      { options: withoutSecrets(input.connection).options },
      input.secrets,
    );
    conceal(secrets);
    const saved = connections.save(input.connection);
    if (input.forget) credentials.remove(saved.id);
    if (secrets && !isEmpty(secrets)) {
      const before = input.forget ? undefined : await credentials.get(saved.id);
      await credentials.put(saved.id, mergedSecrets(before, secrets) ?? {}, !!input.remember);
    }
    // It is opened again below, and what runs would go on with what was.
    await jobs.stopAll(saved.id);
    await stores.changed(saved, secrets);
    return saved;
  }),
  remove: os.connections.remove.handler(async ({ input }) => {
    connections.remove(input.connection);
    credentials.remove(input.connection);
    await jobs.stopAll(input.connection);
    await stores.close(input.connection);
    return {};
  }),
  test: os.connections.test.handler(async ({ input: { connection, secrets } }) => {
    const held = secrets.handle ? projects.secrets(secrets.handle) : undefined;
    const known = connection.id ? await credentials.get(connection.id) : undefined;
    return testConnection(connection, mergedSecrets(known, held, secrets), env, home);
  }),
  reconnect: os.connections.reconnect.handler(async ({ input }) => ({
    back: await stores.reconnect(input.connection),
  })),
  acceptHostKey: os.connections.acceptHostKey.handler(({ input }) => ({
    fingerprint: acceptHostKey(home, input.host, input.port, input.key),
  })),
  open: os.connections.open.handler(({ input }) => stores.open(input.connection, input.secrets)),
  openTarget: os.connections.openTarget.handler(({ input }) =>
    stores.openTarget(input.target, input, input.secrets),
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
