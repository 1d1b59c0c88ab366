/** The verbs, and from arguments to an exit status. */
import { packageVersion } from "../workspace/package.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { report, WRONG_USAGE } from "./failure.ts";
import { ls } from "./ls.ts";
import { flush, note, print } from "./output.ts";
import { purge } from "./purge.ts";
import { put } from "./put.ts";
import { restore } from "./restore.ts";
import { rm } from "./rm.ts";
import { serve } from "./serve.ts";
import { show } from "./show.ts";
import { simulate } from "./simulate.ts";
import { helpOf, readArguments, storeForms, type Verb } from "./verb.ts";

const verbs: readonly Verb[] = [ls, show, put, rm, purge, restore, decode, encode, simulate, serve];

const overview = (): string => `Usage: sessionscope VERB [arguments]

Opens any Django session store: browse, decode, edit, restore and purge sessions.

${verbs.map(({ name, summary }) => `  ${name.padEnd(8)}  ${summary}`).join("\n")}

sessionscope VERB --help says more.
${storeForms}
Keys come from the environment: DJANGO_SECRET_KEY, DJANGO_SECRET_KEY_FALLBACKS (a JSON array).
Exit status: 0 done, 1 a problem, 2 wrong usage.`;

/** Runs one command; never throws. */
export async function main([name = "--help", ...rest]: string[]): Promise<number> {
  const verb = verbs.find((one) => one.name === name);
  try {
    const status = verb ? await runVerb(verb, rest) : await withoutVerb(name);
    await flush();
    return status;
  } catch (error) {
    return report(error, verb?.usage ?? "VERB [arguments]");
  }
}

async function runVerb(verb: Verb, args: string[]): Promise<number> {
  const given = readArguments(verb, args);
  if (given.flag("help")) {
    await print(helpOf(verb).trimEnd());
    return 0;
  }
  return verb.run(given);
}

async function withoutVerb(name: string): Promise<number> {
  if (name === "--version" || name === "-V") {
    await print(packageVersion());
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    await print(overview());
    return 0;
  }
  note(`sessionscope: there is no verb ${JSON.stringify(name)}.`);
  note("sessionscope --help lists them.");
  return WRONG_USAGE;
}
