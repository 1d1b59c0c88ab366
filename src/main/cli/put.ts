/** put: a value from standard input into a session. */
import { agreed, assertCanAsk } from "./ask.ts";
import { problemIn } from "./failure.ts";
import { wholeInput } from "./lines.ts";
import { note, print } from "./output.ts";
import { type Client, unlock, withStore } from "./store.ts";
import { jsonLine, safeLine } from "./text.ts";
import { changeOptions, jsonOption, storeOptions, type Verb } from "./verb.ts";

const MOST_LINES = 40;

export const put: Verb = {
  name: "put",
  usage: "put STORE KEY [options] < VALUE",
  summary: "Saves the JSON value on standard input as the session with this key",
  options: {
    "keep-expiry": "leave the stored expiry as it is",
    ...changeOptions,
    ...jsonOption,
    ...storeOptions,
  },
  details: `The whole value is replaced, signed with the current key. Values beyond JSON are tagged, as show prints them.
The expiry becomes what Django's save() makes it (_session_expiry or SESSION_COOKIE_AGE, from now) unless kept.
A session that does not exist is created. One that changes meanwhile is left alone, with exit status 1.
What was there before lies in the recycle bin.`,
  takes: [2, 2],
  async run(given) {
    assertCanAsk(given);
    return withStore(given, async (client, store) => {
      const connection = store.connection.id;
      const key = given.rest[1] ?? "";
      const text = await wholeInput();
      const token = await tokenOf(client, connection, key);
      const expiry = given.flag("keep-expiry") ? ("keep" as const) : ("recompute" as const);
      // The whole value is given, so nothing of a session no key fits is made valid.
      const draft = { connection, key, token, text, expiry, resign: true };
      const diff = token === "" ? null : (await client.sessions.check(draft)).diff;
      if (!given.flag("yes")) {
        for (const { path, kind, before, after } of diff?.slice(0, MOST_LINES) ?? [])
          note(safeLine(`  ${kind} ${path}: ${before ?? ""} -> ${after ?? ""}`));
        if (diff && diff.length > MOST_LINES) note(`  and ${diff.length - MOST_LINES} more`);
      }
      const question = diff
        ? `Save ${diff.length} change${diff.length === 1 ? "" : "s"} to ${safeLine(key)}?`
        : `Create the session ${safeLine(key)}?`;
      if (!(await agreed(question, given))) return 1;
      const confirm = await unlock(client, store, given);
      const result = await client.sessions.save({ ...draft, ...confirm });
      if (result.outcome === "conflict") {
        note("sessionscope: The session changed since it was read. Nothing was written.");
        return 1;
      }
      const { row } = result.session;
      const job = result.job === "" ? null : result.job;
      if (given.flag("json"))
        await print(
          jsonLine({ key, created: diff === null, expires: row.expires, size: row.size, job }),
        );
      else
        await print(
          `${diff ? "Saved" : "Created"} ${safeLine(key)}${row.expires ? `, expires ${row.expires}` : ""}.` +
            (job ? ` Undo: sessionscope restore ${job}` : ""),
        );
      return 0;
    });
  },
};

/** The token of what is there; "" where the key is free. */
async function tokenOf(client: Client, connection: string, key: string): Promise<string> {
  try {
    return (await client.sessions.get({ connection, key })).token;
  } catch (error) {
    if (problemIn(error)?.code === "not_found") return "";
    throw error;
  }
}
