/** sessions.*, the writing half: drafts and changes to sessions by key. */
import { changedTogether } from "../../jobs/change-many.ts";
import { deleteSessions, expireSessions, extendSessions } from "../../jobs/change-sessions.ts";
import { changeDraft, checkDraft } from "../../jobs/draft.ts";
import { saveDraft } from "../../jobs/edit-save.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";
import { counted, runWriting } from "./start-writing.ts";

/** More than so many are a job, seen in the list while it runs. */
const atOnce = 500;

export const editRoutes = (services: Services) => {
  const { stores, read, tellBin } = services;
  return {
    check: os.sessions.check.handler(({ input }) =>
      checkDraft(stores.reading(input.connection), input),
    ),
    change: os.sessions.change.handler(({ input }) =>
      changeDraft(stores.reading(input.connection), input),
    ),
    save: os.sessions.save.handler(({ input }) =>
      stores
        .writing(input.connection, "save", input.confirmName, (context) =>
          saveDraft(context, read, input),
        )
        .finally(tellBin),
    ),
    extend: os.sessions.extend.handler(({ input }) =>
      stores
        .writing(input.connection, "extend", input.confirmName, (context) =>
          extendSessions(context, input.keys, input.seconds),
        )
        .finally(tellBin),
    ),
    expireNow: os.sessions.expireNow.handler(({ input }) =>
      stores
        .writing(input.connection, "expire", input.confirmName, (context) =>
          expireSessions(context, input.keys),
        )
        .finally(tellBin),
    ),
    delete: os.sessions.delete.handler(({ input }) => {
      const { connection, confirmName, keys } = input;
      if (keys.length <= atOnce)
        return stores
          .writing(connection, "delete", confirmName, (context) => deleteSessions(context, keys))
          .finally(tellBin);
      const title = `Delete ${keys.length} sessions`;
      const plan = { kind: "delete", connection, title, total: keys.length } as const;
      return runWriting(services, plan, confirmName, (context, run) =>
        deleteSessions(context, keys, (done) => counted(run, done, changedTogether)),
      );
    }),
  };
};
