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
import { decompress } from "./caches/compress.ts";
import { detect, type Form, fileHeaderEnd, looksPickled, type SignedParts } from "./detect.ts";
import { asBuffer, fromBase64Url } from "./encodings.ts";
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
    case "database_cache":
      return [
        textLayer("Stored value", form.text, "character", {
          step: `base64 decode, ${plural(form.text.length, "character")} to ${plural(form.bytes.length, "byte")}`,
          problem: null,
        }),
        pickleLayer(form.bytes, reading, "Pickle"),
      ];
    case "django_redis":
    case "file_cache":
      return cachedLayers(form.bytes, reading, options.maxBytes);
    default:
      return [unreadable(data, reading)];
  }
}

/** A file's header and the compressor come off first; MessagePack and what does not decompress have neither. */
function cachedLayers(stored: Buffer, reading: Reading, maxBytes: number | undefined): Layer[] {
  const header = reading.encoding === "file_cache" ? fileHeaderEnd(stored) : 0;
  const packed = stored.subarray(header);
  const start = stored.toString("hex", header, header + 2).replace(/^(..)(..)$/, "$1 $2");
  const layers: Layer[] = [];
  if (header > 0)
    layers.push(
      bytesLayer("Stored value", stored, {
        step: `split off the pickled expiry, ${plural(header, "byte")}`,
        problem: null,
      }),
    );
  let bytes = packed;
  try {
    const opened = decompress(packed, maxBytes);
    if (opened.compressor !== "none") {
      bytes = asBuffer(opened.bytes);
      layers.push(
        bytesLayer(header > 0 ? "zlib stream" : "Stored value", packed, {
          extra: `${opened.compressor}, header ${start}`,
          step: `decompress to ${plural(bytes.length, "byte")}, ratio ${(bytes.length / packed.length).toFixed(2)}`,
          problem: null,
        }),
      );
    }
  } catch (error) {
    const rest = { extra: `header ${start}`, step: "decompress", problem: asProblem(error) };
    return [...layers, bytesLayer("Stored value", packed, rest)];
  }
  const title = layers.length > 0 ? null : "Stored value";
  switch (reading.serializer) {
    case "pickle":
      layers.push(pickleLayer(bytes, reading, title ?? "Pickle"));
      break;
    case "json":
      layers.push(jsonLayer(bytes.toString("utf8"), "character", reading, title ?? "JSON text"));
      break;
    case "msgpack":
      layers.push(
        bytesLayer(title ?? "MessagePack", bytes, {
          extra: "MSGPackSerializer",
          ...parsing(reading),
        }),
      );
      break;
    default:
      layers.push(
        bytesLayer(title ?? "Content", bytes, {
          step: "recognise the form",
          problem: reading.problem,
        }),
      );
  }
  return layers;
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
