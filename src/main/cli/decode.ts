/** decode: stored values on standard input, one a line. */
import { type CodecKeys, type Decoded, decodeText } from "../jobs/codec.ts";
import { inputLines, MOST_BYTES } from "./lines.ts";
import { note, print } from "./output.ts";
import { saltOf } from "./salt.ts";
import { secretsFrom } from "./secrets.ts";
import { jsonLine, oneLine, safeLine } from "./text.ts";
import { jsonOption, saltOptions, storeOptions, type Verb } from "./verb.ts";

const { "secret-key-env=NAME": keyOption } = storeOptions;

export const decode: Verb = {
  name: "decode",
  usage: "decode [options] < VALUES",
  summary: "Decodes stored values, one a line: session_data, session files, signed cookies",
  options: { ...jsonOption, ...saltOptions, "secret-key-env=NAME": keyOption },
  details: `Prints one line for each line read. A signature no key fits does not hide the value.
With --json: {"ok": true, "value", "serializer", "compressed", "encoding", "signedAt", "signature"} or
{"ok": false, "problem": {"code", "message"}}, and exit status 0 either way. Without, what cannot be decoded gives
an empty line, its problem on standard error, and exit status 1.`,
  takes: [0, 0],
  async run(given) {
    const secrets = secretsFrom(process.env, given.text("secret-key-env"));
    const keys = { ...secrets, salt: saltOf(given) };
    const json = given.flag("json");
    let number = 0;
    let status = 0;
    for await (const line of inputLines()) {
      number++;
      const decoded = line === null ? tooLong : decodeLine(line, keys);
      if (decoded.ok) {
        const { value, ...facts } = decoded;
        const text = oneLine(value);
        // "value" second, as documented; a text already, so that no float loses its point.
        await print(
          json ? jsonLine(facts).replace('{"ok":true', () => `{"ok":true,"value":${text}`) : text,
        );
      } else if (json) await print(jsonLine(decoded));
      else {
        status = 1;
        await print("");
        note(`line ${number}: ${safeLine(decoded.problem.message)}`);
      }
    }
    return status;
  },
};

/**
 * A pasted value may have white space around it. Django takes that off nowhere: base64 alone skips it, and a signature
 * over other text does not fit. So the value is shown and no key is said to fit.
 */
function decodeLine(line: string, keys: CodecKeys): Decoded {
  const decoded = decodeText(line, keys);
  const bare = line.trim();
  if (decoded.ok || bare === line) return decoded;
  const inner = decodeText(bare, keys);
  if (!inner.ok || inner.signature === "unverified" || inner.signature === "unsigned") return inner;
  return { ...inner, signature: "invalid" };
}

const tooLong = {
  ok: false,
  problem: { code: "too_large", message: `The line has more than ${MOST_BYTES} bytes.` },
} as const;
