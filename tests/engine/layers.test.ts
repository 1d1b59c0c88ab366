import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { readLayers } from "../../src/main/engine/layers.ts";
import { layerSchema } from "../../src/shared/layer.ts";

const secretKey = "golden-secret-key-0123456789abcdefghijklmnopqrstuvwxyz";
const packed = ".eJyrVspWslJKpANQqgUAaH8oCg:1r31eq:9QNBfciN_OujRXYvR0JNLoPNSVM95ts5eex-dnJ55AM";

const outline = (data: string | Uint8Array) =>
  readLayers(data, { secretKey }).map((layer) => {
    layerSchema.parse(layer);
    return `${layer.title}: ${layer.note} > ${layer.step}${layer.problem ? ` ! ${layer.problem.code}` : ""}`;
  });

test("signed, compressed JSON", () => {
  expect(outline(packed)).toEqual([
    "Stored value: 78 characters > base64url decode, 26 characters to 19 bytes",
    "zlib stream: 19 bytes, header 78 9c > inflate to 108 bytes, ratio 5.68",
    "JSON text: 108 bytes, JSONSerializer > parse to a dict with 1 key",
  ]);
});

test("the parts of signed text cover it but for its colons, and say what they are", () => {
  const [stored] = readLayers(packed, { secretKey });
  const parts = stored?.parts ?? [];
  expect(parts.map(({ name, start, end }) => [name, packed.slice(start, end)])).toEqual([
    ["flag", "."],
    ["payload", "eJyrVspWslJKpANQqgUAaH8oCg"],
    ["time", "1r31eq"],
    ["signature", "9QNBfciN_OujRXYvR0JNLoPNSVM95ts5eex-dnJ55AM"],
  ]);
  expect(parts.map(({ meaning }) => meaning)).toEqual([
    "a leading dot: the payload is zlib-compressed",
    "base64url, without padding",
    "base62, saved 2023-11-14 22:13:20 UTC",
    "HMAC-SHA256, salt django.contrib.sessions.SessionStore",
  ]);
});

test("the forms before 3.1", () => {
  expect(outline("Nzk1Njg2MGUyOWRiMDhhM2VlNGQwMTJiY2Q2MDI0N2VjODM5OTE3Nzp7ImEiOjF9")).toEqual([
    "Stored value: 64 characters > base64 decode, 64 characters to 48 bytes",
    "Decoded text: 48 bytes > split at the first colon",
    "JSON text: 7 bytes, JSONSerializer > parse to a dict with 1 key",
  ]);
  expect(
    outline("gAJ9cQFVA2Zvb3ECVQNiYXJxA3MuNzg2M2JkOWVjNTkzN2ZjZWI5ZmNmZTQ2OGVhMGIyMmM=\n"),
  ).toEqual([
    "Stored value: 73 characters > base64 decode, 73 characters to 53 bytes",
    "Decoded text: 53 bytes > split off the last 32 characters",
    "Pickle: 21 bytes, protocol 2 > unpickle to a dict with 1 key",
  ]);
});

test("the step that fails is the last, and says why", () => {
  const tail = `:1r31eq:${"x".repeat(43)}`;
  expect(outline(`abcde${tail}`)).toEqual([
    "Stored value: 56 characters > base64url decode ! corrupt",
  ]);
  expect(outline(`.eyJhIjoxfQ${tail}`).at(-1)).toBe(
    "zlib stream: 7 bytes, header 7b 22 > inflate ! corrupt",
  );
  expect(outline(`bm9wZQ${tail}`).at(-1)).toBe(
    "JSON text: 4 bytes, JSONSerializer > parse ! corrupt",
  );
  expect(outline(`WzEsMl0${tail}`).at(-1)).toBe(
    "JSON text: 5 bytes, JSONSerializer > parse, no dict ! not_a_dict",
  );
  expect(outline("garbage")).toEqual([
    "Stored value: 7 characters > recognise the form ! unknown_format",
  ]);
});

test("previews are bounded", () => {
  const json = `{"k":"${"x".repeat(100_000)}"}`;
  for (const data of [json, Buffer.from(json)]) {
    const [layer] = readLayers(data, {});
    expect(layer).toMatchObject({ size: json.length, truncated: true });
    expect(layer?.preview).toBe(json.slice(0, 65536));
  }
  const [bytes] = readLayers(
    Buffer.concat([Buffer.from("\x80\x02", "latin1"), Buffer.alloc(70_000)]),
    {},
  );
  expect(bytes).toMatchObject({ form: "bytes", size: 70_002, truncated: true });
  expect(bytes?.preview.length).toBe(131072);
});
