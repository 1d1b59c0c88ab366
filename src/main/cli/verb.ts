/** What a verb of the command line is, and how its arguments are read. */
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Wrong usage: exit status 2, with the verb's usage line. */
export class UsageError extends Error {}

/** Values of the options that were given, by name without dashes. */
export interface Given {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** A whole number of at least `least`. */
  number(name: string, least: number): number | undefined;
  /** The arguments that are no options. */
  readonly rest: readonly string[];
}

export interface Verb {
  readonly name: string;
  /** "ls STORE [options]" */
  readonly usage: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** The option's line in --help, by name: "filter=TEXT" takes a value, "json" takes none. */
  readonly options: Readonly<Record<string, string>>;
  /** More for --help: examples, rules. */
  readonly details?: string;
  /** Fewest and most arguments that are no options. */
  readonly takes: readonly [least: number, most: number];
  /** Gives the exit status. */
  run(given: Given): Promise<number>;
}

/** What STORE may be, for --help. */
export const storeForms =
  "STORE is a SQLite file, a folder of session files, a URL (sqlite:///…, file:///…, postgres://…, mysql://…, redis://…, memcached://…, and +cache for a cache's table or folder: postgres+cache://…), or a saved connection by its name (@shop, @group/shop).";

const storeClass = {
  "store-class=NAME": "qualified name of a subclassed SessionStore (default: SessionStore)",
};

/** Options for values signed by a store class of another name. */
export const saltOptions = { ...storeClass, "salt=TEXT": "the whole salt instead" };

/** Options of every verb that opens a store. */
export const storeOptions = {
  "table=NAME": "session table of a database (default: django_session)",
  "cookie-name=NAME": "SESSION_COOKIE_NAME, which session files begin with (default: sessionid)",
  "cache=URL": "cached_db: the cache in front of the table, whose copies are shown and changed too",
  "secret-key-env=NAME": "environment variable with the SECRET_KEY (default: DJANGO_SECRET_KEY)",
  ...storeClass,
};

/** Options of every verb that changes a store. */
export const changeOptions = {
  yes: "do not ask; needed where standard input is no terminal",
  "confirm=NAME": "the connection's name, where it is marked as production",
};

export const jsonOption = { json: "one JSON object per line" };

/** Throws UsageError for anything the verb does not take. */
export function readArguments(verb: Verb, args: string[]): Given {
  const options: Options = { help: { type: "boolean" } };
  for (const entry of Object.keys(verb.options)) {
    const [name = "", value] = entry.split("=");
    options[name] = { type: value === undefined ? "boolean" : "string" };
  }
  const { values, positionals } = parse(options, args);
  const [least, most] = verb.takes;
  if (values["help"] !== true && positionals.length < least)
    throw new UsageError("Something is missing.");
  if (positionals.length > most)
    throw new UsageError(`${JSON.stringify(positionals[most])} is one argument too many.`);
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    rest: positionals,
    flag: (name) => values[name] === true,
    text,
    number(name, least) {
      const value = text(name);
      if (value === undefined) return undefined;
      if (!/^\d{1,15}$/.test(value) || Number(value) < least)
        throw new UsageError(`--${name} takes a whole number of at least ${least}.`);
      return Number(value);
    },
  };
}

function parse(options: Options, args: string[]) {
  try {
    return parseArgs({ options, args, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    // Node's advice about "--" fills three lines.
    throw new UsageError(message.split(/\.\s/)[0] ?? message);
  }
}

/** The text of `VERB --help`. */
export function helpOf({ usage, summary, options, details }: Verb): string {
  const entries = Object.entries({ ...options, help: "this text" });
  const width = Math.max(...entries.map(([name]) => name.length));
  const lines = entries.map(
    ([name, about]) => `  --${name.replace("=", " ").padEnd(width)}  ${about}`,
  );
  return [
    `Usage: sessionscope ${usage}`,
    "",
    `${summary}.`,
    ...(details ? ["", details] : []),
    "",
    "Options:",
    ...lines,
    "",
  ].join("\n");
}
