/** show: one session in full. */
import type { SessionDetail } from "../../shared/session.ts";
import { decodeText } from "../jobs/codec.ts";
import { print } from "./output.ts";
import { pairWords } from "./pair-words.ts";
import { withStore } from "./store.ts";
import { jsonLine, oneLine, safeJson, safeLine, timeCell } from "./text.ts";
import { jsonOption, storeOptions, type Verb } from "./verb.ts";

export const show: Verb = {
  name: "show",
  usage: "show STORE KEY [options]",
  summary: "Shows one session decoded: its value, why it lives, what Django sees, its cookie",
  options: { ...jsonOption, ...storeOptions },
  details: 'Values beyond JSON are tagged: {"$type": "tuple", "value": [1, 2]}.',
  takes: [2, 2],
  run: (given) =>
    withStore(given, async (client, store) => {
      const where = { connection: store.connection.id, key: given.rest[1] ?? "" };
      const detail = await client.sessions.get(where);
      const text =
        detail.text ?? (detail.value ? await longText(client.sessions.raw(where)) : null);
      await print(...(given.flag("json") ? [asJson(detail, text)] : asLines(detail, text)));
      return 0;
    }),
};

/** What is too long to be edited as text is decoded here, since it was asked for by name. */
async function longText(raw: Promise<{ text: string | null; base64: string | null }>) {
  const { text, base64 } = await raw;
  const decoded = decodeText(text ?? Buffer.from(base64 ?? "", "base64"), {});
  return decoded.ok ? decoded.value : null;
}

function asJson(
  { row, lifetime, djangoSees, cookie, rowDiff }: SessionDetail,
  text: string | null,
): string {
  const { key, state, expires, savedAt, user, size } = row;
  const { encoding, serializer, compressed, signature, problem } = row;
  const facts = jsonLine({
    ...{ key, state, expires, savedAt, user, size, encoding, serializer, compressed, signature },
    ...{ problem, lifetime: lifetime.reason, djangoSees, setCookie: cookie.header },
    ...(row.pair && { pair: row.pair, rowDiff }),
  });
  return `${facts.slice(0, -1)},"value":${text === null ? "null" : oneLine(text)}}`;
}

function asLines(detail: SessionDetail, text: string | null): string[] {
  const { row, lifetime, djangoSees, cookie, layers } = detail;
  const user = row.user ? `${row.user.name ?? "(name unknown)"}, id ${row.user.id}` : "nobody";
  const facts: [string, string][] = [
    ["Key", row.key],
    ["State", row.state],
    ["Lifetime", lifetime.reason],
    ["Saved", `${timeCell(row.savedAt)}${row.savedAt ? " UTC" : ""}`],
    ["User", user],
    [
      "Stored",
      `${row.size} bytes, ${row.encoding}${row.serializer ? `, ${row.serializer}` : ""}${row.compressed ? ", compressed" : ""}`,
    ],
    ["Signature", row.signature],
    ...(row.problem ? ([["Problem", row.problem.message]] as [string, string][]) : []),
    ...(row.pair ? ([["Cache", pairWords[row.pair]]] as [string, string][]) : []),
    ...(detail.rowDiff ?? []).map(({ path, before, after }): [string, string] => [
      "",
      `${path}: ${before ?? "absent"} in the row, ${after ?? "absent"} in the cache`,
    ]),
    ...(djangoSees ? ([["Django", djangoSees]] as [string, string][]) : []),
    ["Set-Cookie", cookie.header],
    ...cookie.notes.map((line): [string, string] => ["", line]),
  ];
  const lines = facts.map(([title, value]) => `${title.padEnd(10)}  ${safeLine(value)}`);
  if (text !== null) return [...lines, "", safeJson(text)];
  const [outer] = layers;
  const raw = outer
    ? `${safeLine(outer.preview.slice(0, 2000))}${outer.preview.length > 2000 ? " …" : ""}`
    : "";
  return raw ? [...lines, "", raw] : lines;
}
