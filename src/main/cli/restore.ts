/** restore: puts back what a job deleted or overwrote. */
import { problem } from "../problem.ts";
import { agreed, assertCanAsk } from "./ask.ts";
import { note, print } from "./output.ts";
import { secretsFrom } from "./secrets.ts";
import { unlock, withHost } from "./store.ts";
import { jsonLine, safeLine } from "./text.ts";
import { changeOptions, jsonOption, storeOptions, type Verb } from "./verb.ts";

const { "secret-key-env=NAME": keyOption } = storeOptions;

export const restore: Verb = {
  name: "restore",
  usage: "restore JOB [options]",
  summary:
    "Puts back every session a job deleted or overwrote, as long as its key is free or unchanged since",
  options: { ...changeOptions, ...jsonOption, "secret-key-env=NAME": keyOption },
  details: "JOB is the id rm, put and purge print. Exit status 1 where any session was left alone.",
  takes: [1, 1],
  async run(given) {
    assertCanAsk(given);
    const secrets = secretsFrom(process.env, given.text("secret-key-env"));
    return withHost(async (client) => {
      const id = given.rest[0] ?? "";
      const job = (await client.bin.jobs({})).find((one) => one.id === id);
      if (!job) throw problem("not_found", `The recycle bin has no job ${id}.`);
      const store = await client.connections.open({
        connection: job.connection,
        ...(secrets ? { secrets } : {}),
      });
      const question = `${job.title}: put back ${job.restorable} of ${job.entries} into ${job.connectionName}?`;
      if (!(await agreed(safeLine(question), given))) return 1;
      const confirm = await unlock(client, store, given);
      const report = await client.bin.restore({ job: id, ...confirm });
      for (const { key, reason } of report.skipped) note(safeLine(`${key}: ${reason}`));
      await print(
        given.flag("json") ? jsonLine(report) : `Put back ${report.done} of ${job.entries}.`,
      );
      return report.skippedCount > 0 ? 1 : 0;
    });
  },
};
