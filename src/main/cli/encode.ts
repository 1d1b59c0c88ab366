/** encode: JSON values on standard input, one a line, as Django would store them. */
import { type CodecForm, codecForms, encodeText } from "../jobs/codec.ts";
import { problem } from "../problem.ts";
import { inputLines, MOST_BYTES } from "./lines.ts";
import { note, print } from "./output.ts";
import { saltOf } from "./salt.ts";
import { secretsFrom } from "./secrets.ts";
import { jsonLine, safeLine } from "./text.ts";
import {
  type Given,
  jsonOption,
  saltOptions,
  storeOptions,
  UsageError,
  type Verb,
} from "./verb.ts";

const { "secret-key-env=NAME": keyOption } = storeOptions;

export const encode: Verb = {
  name: "encode",
  usage: "encode [options] < VALUES",
  summary: "Encodes and signs session values, one JSON object a line, with the current key",
  options: {
    "encoding=FORM": `${codecForms.join(", ")} (default: signed, as Django 3.1 and later store it)`,
    "serializer=NAME": "json (default) or pickle",
    "no-compress": "never compress; otherwise where it saves two bytes, as Django does",
    ...jsonOption,
    ...saltOptions,
    "secret-key-env=NAME": keyOption,
  },
  details: `Values beyond JSON are tagged, as decode prints them. Prints one line for each line read: the encoded value, or with
--json {"ok": true, "encoded", "serializer", "compressed", "encoding", "signedAt"} or {"ok": false, "problem"}.
Without --json, what cannot be encoded gives an empty line, its problem on standard error, and exit status 1.`,
  takes: [0, 0],
  async run(given) {
    const secrets = secretsFrom(process.env, given.text("secret-key-env"));
    if (!secrets?.secretKey)
      throw problem("no_secret_key", "Signing needs the SECRET_KEY of the site.");
    const how = {
      secretKey: secrets.secretKey,
      salt: saltOf(given),
      encoding: formOf(given),
      serializer: serializerOf(given),
      compress: !given.flag("no-compress"),
    };
    const json = given.flag("json");
    let number = 0;
    let status = 0;
    for await (const line of inputLines()) {
      number++;
      const encoded = line === null ? tooLong : encodeText(line, how);
      if (json) await print(jsonLine(encoded));
      else if (encoded.ok) await print(encoded.encoded);
      else {
        status = 1;
        await print("");
        note(`line ${number}: ${safeLine(encoded.problem.message)}`);
      }
    }
    return status;
  },
};

const tooLong = {
  ok: false,
  problem: { code: "too_large", message: `The line has more than ${MOST_BYTES} bytes.` },
} as const;

function formOf(given: Given): CodecForm {
  const text = given.text("encoding") ?? "signed";
  const form = codecForms.find((one) => one === text);
  if (form) return form;
  throw new UsageError(`--encoding takes ${codecForms.join(", ")}.`);
}

function serializerOf(given: Given): "json" | "pickle" {
  const text = given.text("serializer") ?? "json";
  if (text === "json" || text === "pickle") return text;
  throw new UsageError("--serializer takes json or pickle.");
}
