/** sessions.*, the writing half: drafts and changes to sessions by key. */
import { deleteSessions, expireSessions, extendSessions } from "../../jobs/change-sessions.ts";
import { changeDraft, checkDraft } from "../../jobs/draft.ts";
import { saveDraft } from "../../jobs/edit-save.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const editRoutes = ({ stores, read, tellBin }: Services) => ({
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
  delete: os.sessions.delete.handler(({ input }) =>
    stores
      .writing(input.connection, "delete", input.confirmName, (context) =>
        deleteSessions(context, input.keys),
      )
      .finally(tellBin),
  ),
});
