/** rm: deletes sessions by key. */
import { agreed, assertCanAsk } from "./ask.ts";
import { note, print } from "./output.ts";
import { unlock, withStore } from "./store.ts";
import { jsonLine, safeLine } from "./text.ts";
import { changeOptions, jsonOption, storeOptions, type Verb } from "./verb.ts";

export const rm: Verb = {
  name: "rm",
  usage: "rm STORE KEY… [options]",
  summary: "Deletes sessions; the recycle bin keeps them",
  options: { ...changeOptions, ...jsonOption, ...storeOptions },
  details:
    "Exit status 1 where any of them was not deleted, for instance because it is gone already.",
  takes: [2, Number.POSITIVE_INFINITY],
  async run(given) {
    assertCanAsk(given);
    return withStore(given, async (client, store) => {
      const keys = [...new Set(given.rest.slice(1))];
      const what =
        keys.length === 1 ? `the session ${safeLine(keys[0] ?? "")}` : `${keys.length} sessions`;
      if (!(await agreed(`Delete ${what} from ${safeLine(store.connection.name)}?`, given)))
        return 1;
      const confirm = await unlock(client, store, given);
      const report = await client.sessions.delete({
        connection: store.connection.id,
        keys,
        ...confirm,
      });
      for (const { key, reason } of report.skipped) note(safeLine(`${key}: ${reason}`));
      const undo = report.job ? ` Undo: sessionscope restore ${report.job}` : "";
      await print(
        given.flag("json") ? jsonLine(report) : `Deleted ${report.done} of ${keys.length}.${undo}`,
      );
      return report.skippedCount > 0 ? 1 : 0;
    });
  },
};
