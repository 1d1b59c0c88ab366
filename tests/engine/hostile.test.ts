/**
 * The reader under attack: nothing it is given may crash it, hang it or make it grow. Whatever comes out is a
 * reading, with a value or with a problem. The corpus holds what once went wrong or easily could.
 */
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { base64Url } from "../../src/main/engine/encodings.ts";
import { readLayers } from "../../src/main/engine/layers.ts";
import { encodeLegacy } from "../../src/main/engine/legacy.ts";
import { peekUserId } from "../../src/main/engine/peek.ts";
import { readStored } from "../../src/main/engine/read.ts";
import { SESSION_SALT, Signer, TimestampSigner } from "../../src/main/engine/signing.ts";
import { isoMicros } from "../../src/main/engine/time.ts";
import { layerSchema } from "../../src/shared/layer.ts";
import { problemSchema } from "../../src/shared/problem.ts";
import { memoryStaysUnder } from "../peak.ts";

const secretKey = "hostile-secret";
const signer = new TimestampSigner({ key: secretKey, salt: SESSION_SALT });
const signed = (raw: Uint8Array, packed = false): string =>
  signer.sign(packed ? `.${base64Url(deflateSync(raw))}` : base64Url(raw), 1700000000000000n);

/** Reads every way there is; returns the problem's code, or "read". */
function attack(data: string | Uint8Array, maxBytes?: number): string {
  const reading = readStored(data, { secretKey }, { maxBytes });
  if (reading.problem) problemSchema.parse(reading.problem);
  else expect(reading.value).not.toBeUndefined();
  const layers = readLayers(data, { secretKey }, { maxBytes });
  for (const layer of layers) layerSchema.parse(layer);
  expect(layers.length).toBeGreaterThan(0);
  const user = peekUserId(data);
  expect(user === null || user === undefined || typeof user === "string").toBe(true);
  return reading.problem?.code ?? "read";
}

const samples = (): (string | Buffer)[] => {
  const json = Buffer.from(
    '{"_auth_user_id":"1","n":[1,1.0,-0.0,NaN,12345678901234567890],"s":"\\u00e9\\ud800"}',
  );
  const pickle = Buffer.from("8005950e000000000000007d948c0161945d94284b014b02655d732e", "hex");
  return [
    signed(json),
    signed(json, true),
    signed(pickle),
    signed(pickle, true),
    encodeLegacy(json, secretKey),
    "gAJ9cQFVA2Zvb3ECVQNiYXJxA3MuNzg2M2JkOWVjNTkzN2ZjZWI5ZmNmZTQ2OGVhMGIyMmM=\n",
    json.toString("latin1"),
    Buffer.from("80027d71015503666f6f710255036261727103732e", "hex"),
  ];
};

const corpus = new URL("corpus/", import.meta.url);

test.each(readdirSync(corpus))("corpus: %s", (name) => {
  const bytes = readFileSync(new URL(name, corpus));
  const expected = name.split(".")[1];
  expect(attack(bytes)).toBe(expected);
  expect(attack(bytes.toString("latin1"))).toBe(expected);
});

test("cut at every byte", () => {
  for (const sample of samples())
    for (let length = 0; length < sample.length; length++) attack(sample.slice(0, length));
});

test("bytes changed, dropped and repeated", () => {
  let state = 20261120;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  for (const sample of samples()) {
    const whole = Buffer.isBuffer(sample) ? sample : Buffer.from(sample, "latin1");
    for (let round = 0; round < 1500; round++) {
      const parts: Buffer[] = [];
      const at = next(whole.length);
      const length = next(4);
      const other = next(whole.length);
      parts.push(whole.subarray(0, at), Buffer.from([next(256)].slice(0, next(2))));
      if (next(3) === 0) parts.push(whole.subarray(other, other + next(40)));
      parts.push(whole.subarray(at + length));
      const bent = Buffer.concat(parts);
      attack(Buffer.isBuffer(sample) ? bent : bent.toString("latin1"));
    }
  }
});

memoryStaysUnder(1024);

describe("payloads changed under a good signature", () => {
  test("of JSON, pickle and zlib", () => {
    let state = 7;
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % below;
    };
    const raws = [
      Buffer.from('{"_auth_user_id":"1","a":{"b":[true,false,null]},"c":"\\u00e9"}'),
      Buffer.from(
        "80059522000000000000007d94288c0161944b018c016294473ff80000000000008c01639488752e",
        "hex",
      ),
      deflateSync(Buffer.from('{"k":"aaaaaaaaaaaaaaaaaaaaaaaaa","l":[1,2,3]}')),
    ];
    for (const [index, raw] of raws.entries())
      for (let round = 0; round < 1500; round++) {
        const bent = Buffer.from(raw);
        for (let times = 1 + next(3); times > 0; times--) bent[next(bent.length)] = next(256);
        const payload = `${index === 2 ? "." : ""}${base64Url(bent)}`;
        attack(signer.sign(payload, 1700000000000000n));
      }
  });
});

describe("size", () => {
  const bounded = (make: () => string | Uint8Array, code: string, maxBytes?: number): void => {
    const data = make();
    const before = process.memoryUsage().arrayBuffers;
    expect(attack(data, maxBytes)).toBe(code);
    // Twice the bound of the output, and some for the working copies.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400 * 1024 * 1024);
  };

  test("a zlib bomb", () => bounded(() => signed(Buffer.alloc(90_000_000, 32), true), "too_large"));
  test("a small bound", () =>
    bounded(() => signed(Buffer.alloc(5000, 32), true), "too_large", 4096));
  test("stored text above the bound", () => bounded(() => "a".repeat(70_000_000), "too_large"));
  test("50 MB of one string", () =>
    bounded(() => signed(Buffer.from(`{"k":"${"x".repeat(50_000_000)}"}`), true), "read"));
  test("JSON nested 100,000 deep", () =>
    bounded(
      () => signed(Buffer.from(`{"k":${"[".repeat(100_000)}${"]".repeat(100_000)}}`), true),
      "too_deep",
    ));
  test("a pickle nested 100,000 deep", () =>
    bounded(
      () =>
        signed(
          Buffer.concat([
            Buffer.from("\x80\x02}U\x01k", "latin1"),
            Buffer.alloc(100_000, "]"),
            Buffer.alloc(99_999, "a"),
            Buffer.from("s."),
          ]),
          true,
        ),
      "too_deep",
    ));
});

test.each([
  ["zzzzzz", null],
  ["zzzzzzzzz", null],
  ["-zzzzzzzzz", null],
  ["z".repeat(100_000), null],
  ["-1", null],
  ["", "corrupt"],
  ["-", "corrupt"],
  ["1r3!eq", "corrupt"],
])("a signing time of %s", (time, problem) => {
  const value = `e30:${time}`;
  const signer = new Signer({ key: secretKey, salt: SESSION_SALT });
  const reading = readStored(signer.sign(value), { secretKey });
  expect(reading.problem?.code ?? null).toBe(problem);
  expect(reading.signature).toBe("valid");
  if (reading.signedAt !== null) expect(isoMicros(reading.signedAt)).toMatch(/^[0-9]{4}-/);
});

test("keys that are special in JavaScript are plain", () => {
  const reading = readStored(
    signed(Buffer.from('{"__proto__":{"polluted":true},"constructor":1,"toString":2}')),
    { secretKey },
  );
  expect(reading.value).toEqual(
    new Map<string, unknown>([
      ["__proto__", new Map([["polluted", true]])],
      ["constructor", 1],
      ["toString", 2],
    ]),
  );
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("nothing in a pickle runs", () => {
  // cos system (S'touch ...' tR.
  const reading = readStored(signed(Buffer.from("cos\nsystem\n(S'exit 1'\ntR.")), { secretKey });
  expect(reading.serializer).toBe("pickle");
  expect(reading.problem?.code).toBe("not_a_dict");
});
