/**
 * A stored value taken apart step by step: signed text, base64, zlib, JSON or pickle. Each layer shows what
 * is there and says what was done to reach the next, or why that failed.
 *
 *     Stored value   598 characters         base64url decode, 546 characters to 409 bytes
 *     zlib stream    409 bytes              inflate to 609 bytes, ratio 1.49
 *     JSON text      609 bytes              parse to a dict with 9 keys
 */
import { Buffer } from "node:buffer";
import type { Layer, LayerPart } from "../../shared/layer.ts";
import { isDict } from "../python/value.ts";
import { detect, type Form, looksPickled, type SignedParts } from "./detect.ts";
import { fromBase64Url } from "./encodings.ts";
import { inflateZlib } from "./inflate.ts";
import {
  asProblem,
  type Keys,
  notADict,
  type Reading,
  type ReadOptions,
  readStored,
} from "./read.ts";
import { isoMicros } from "./time.ts";

const PREVIEW = 64 * 1024;

/** The layers of a stored value, outermost first; at least one. Never throws for what is stored. */
export function readLayers(
  data: string | Uint8Array,
  keys: Keys,
  options: ReadOptions = {},
): Layer[] {
  const reading = readStored(data, keys, options);
  const form = reading.problem?.code === "too_large" ? null : detect(data);
  switch (form?.form) {
    case "signed":
      return signedLayers(form.text, form.parts, reading, options.maxBytes);
    case "legacy":
    case "md5":
      return legacyLayers(form, reading);
    case "json":
      return [jsonLayer(form.text, "character", reading, "Stored value")];
    case "pickle":
      return [pickleLayer(form.bytes, reading, "Stored value")];
    default:
      return [unreadable(data, reading)];
  }
}

const plural = (count: number, unit: string): string =>
  `${count.toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`;

type Rest = Pick<Layer, "step" | "problem"> & { parts?: LayerPart[]; extra?: string };

const textLayer = (title: string, text: string, unit: string, rest: Rest): Layer => ({
  title,
  note: plural(text.length, unit) + (rest.extra ? `, ${rest.extra}` : ""),
  size: text.length,
  form: "text",
  preview: text.slice(0, PREVIEW),
  truncated: text.length > PREVIEW,
  parts: rest.parts ?? [],
  step: rest.step,
  problem: rest.problem,
});

const bytesLayer = (title: string, bytes: Buffer, rest: Rest): Layer => ({
  title,
  note: plural(bytes.length, "byte") + (rest.extra ? `, ${rest.extra}` : ""),
  size: bytes.length,
  form: "bytes",
  preview: bytes.toString("hex", 0, PREVIEW),
  truncated: bytes.length > PREVIEW,
  parts: rest.parts ?? [],
  step: rest.step,
  problem: rest.problem,
});

function unreadable(data: string | Uint8Array, reading: Reading): Layer {
  const rest = { step: "recognise the form", problem: reading.problem };
  return typeof data === "string"
    ? textLayer("Stored value", data, "character", rest)
    : bytesLayer("Stored value", Buffer.from(data.subarray(0, PREVIEW + 1)), rest);
}

function signedLayers(
  text: string,
  { payload, timestamp, signature }: SignedParts,
  reading: Reading,
  maxBytes: number | undefined,
): Layer[] {
  const parts = signedParts(payload, timestamp, signature, reading);
  const flag = reading.compressed ? 1 : 0;
  const step = (bytes: number): string =>
    `base64url decode, ${plural(payload.length - flag, "character")} to ${plural(bytes, "byte")}`;
  let bytes: Buffer;
  try {
    bytes = fromBase64Url(payload.slice(flag));
  } catch (error) {
    const rest = { parts, step: "base64url decode", problem: asProblem(error) };
    return [textLayer("Stored value", text, "character", rest)];
  }
  const stored = textLayer("Stored value", text, "character", {
    parts,
    step: step(bytes.length),
    problem: null,
  });
  if (!reading.compressed) return [stored, serializedLayer(bytes, reading)];
  const extra = `header ${bytes.toString("hex", 0, 2).replace(/^(..)(..)$/, "$1 $2")}`;
  try {
    const raw = inflateZlib(bytes, maxBytes);
    const ratio = (raw.length / bytes.length).toFixed(2);
    const inflated = `inflate to ${plural(raw.length, "byte")}, ratio ${ratio}`;
    return [
      stored,
      bytesLayer("zlib stream", bytes, { extra, step: inflated, problem: null }),
      serializedLayer(raw, reading),
    ];
  } catch (error) {
    const rest = { extra, step: "inflate", problem: asProblem(error) };
    return [stored, bytesLayer("zlib stream", bytes, rest)];
  }
}

function signedParts(
  payload: string,
  timestamp: string | null,
  signature: string,
  { compressed, mac, salt, signedAt }: Reading,
): LayerPart[] {
  const flag = compressed ? 1 : 0;
  const time = payload.length + 1;
  const end = timestamp === null ? time : time + timestamp.length + 1;
  const hash = mac === "sha1" ? "HMAC-SHA1" : "HMAC-SHA256";
  return [
    ...(compressed
      ? [
          {
            name: "flag",
            start: 0,
            end: 1,
            meaning: "a leading dot: the payload is zlib-compressed",
          } as const,
        ]
      : []),
    { name: "payload", start: flag, end: payload.length, meaning: "base64url, without padding" },
    ...(timestamp === null
      ? []
      : [
          {
            name: "time",
            start: time,
            end: time + timestamp.length,
            meaning:
              signedAt === null
                ? "no base62 number of seconds"
                : `base62, saved ${isoMicros(signedAt).replace(/^(.*)T(.*)\..*$/, "$1 $2 UTC")}`,
          } as const,
        ]),
    {
      name: "signature",
      start: end,
      end: end + signature.length,
      meaning: salt === null ? hash : `${hash}, salt ${salt}`,
    },
  ];
}

function legacyLayers(form: Extract<Form, { form: "legacy" | "md5" }>, reading: Reading): Layer[] {
  const { text, decoded, parts } = form;
  const legacy = form.form === "legacy";
  const meaning = legacy
    ? `HMAC-SHA1 in hex${reading.salt === null ? "" : `, salt ${reading.salt}`}`
    : "md5 of pickle and SECRET_KEY, in hex";
  const start = legacy ? 0 : decoded.length - parts.mac.length;
  const mac = { name: "mac", start, end: start + parts.mac.length, meaning } as const;
  return [
    textLayer("Stored value", text, "character", {
      step: `base64 decode, ${plural(text.length, "character")} to ${plural(decoded.length, "byte")}`,
      problem: null,
    }),
    textLayer("Decoded text", decoded.toString("latin1"), "byte", {
      parts: [mac],
      step: legacy ? "split at the first colon" : "split off the last 32 characters",
      problem: null,
    }),
    serializedLayer(parts.serialized, reading),
  ];
}

const serializedLayer = (bytes: Buffer, reading: Reading): Layer =>
  looksPickled(bytes)
    ? pickleLayer(bytes, reading, "Pickle")
    : jsonLayer(bytes.toString("latin1"), "byte", reading, "JSON text");

const jsonLayer = (text: string, unit: string, reading: Reading, title: string): Layer =>
  textLayer(title, text, unit, { extra: "JSONSerializer", ...parsing(reading) });

const pickleLayer = (bytes: Buffer, reading: Reading, title: string): Layer =>
  bytesLayer(title, bytes, {
    extra: reading.protocol === null ? "PickleSerializer" : `protocol ${reading.protocol}`,
    ...parsing(reading),
  });

/** The last step. A doubtful signature does not concern it. */
function parsing({ value, problem, serializer }: Reading): Pick<Layer, "step" | "problem"> {
  const verb = serializer === "pickle" ? "unpickle" : "parse";
  if (value === undefined) return { step: verb, problem };
  if (!isDict(value)) return { step: `${verb}, no dict`, problem: notADict };
  return { step: `${verb} to a dict with ${plural(value.size, "key")}`, problem: null };
}
