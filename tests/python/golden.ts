/** The parts of the golden vectors which hold Python values. */
import { readFileSync } from "node:fs";

type Case = { id: string; serializer: string; python_repr: string; serialized_b64?: string };
export type GoldenPickle = { id: string; python_repr: string } & Record<string, string>;

const read = (name: string): unknown =>
  JSON.parse(readFileSync(`${import.meta.dirname}/../golden/${name}.json`, "utf8"));

const files = ["golden-5.2", "golden-3.2", "golden-2.2"].map((name) => {
  const content = read(name) as {
    session_data: { cases: Case[] };
    cache_entries: { pickles: GoldenPickle[] };
  };
  return { name, ...content };
});

/** Texts Django's JSONSerializer wrote. */
export const goldenJson = files.flatMap(({ name, session_data }) =>
  session_data.cases
    .filter(({ serializer }) => serializer.includes("JSON"))
    .map(({ id, serialized_b64 = "" }) => ({
      id: `${name} ${id}`,
      text: Buffer.from(serialized_b64, "base64").toString("latin1"),
    })),
);

/** Pickles by protocol, with the repr of what they hold. */
export const goldenPickles = files.flatMap(({ name, cache_entries }) =>
  cache_entries.pickles.flatMap((entry) =>
    [0, 1, 2, 3, 4, 5].flatMap((protocol) => {
      const text = entry[`protocol${protocol}_b64`];
      return text === undefined
        ? []
        : [
            {
              id: `${name} ${entry.id}, protocol ${protocol}`,
              repr: entry.python_repr,
              protocol,
              bytes: Buffer.from(text, "base64"),
            },
          ];
    }),
  ),
);

/** Pickles inside the stored values of Django 1.0 to 1.5, made by Python 2.7. */
export const legacyPickles = (
  read("golden-legacy") as {
    django: string;
    session_data: { id: string; serializer: string; python_repr: string; payload_b64: string }[];
  }[]
).flatMap(({ django, session_data }) =>
  session_data
    .filter(({ serializer }) => serializer.includes("pickle"))
    .map(({ id, python_repr, payload_b64 }) => {
      const raw = Buffer.from(payload_b64, "base64");
      return { id: `${django} ${id}`, repr: python_repr, bytes: raw.subarray(raw.indexOf(0x80)) };
    }),
);
