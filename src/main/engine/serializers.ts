/**
 * What turns a session dict into bytes and back: Django's JSONSerializer (text in latin-1, which is
 * ASCII as written) and PickleSerializer (1.5.3 to 4.2; the highest protocol of the running Python).
 */
import { Buffer } from "node:buffer";
import { JsonSyntaxError, parseTypedJson, writeJson } from "../python/json.ts";
import { loadPickle } from "../python/pickle-read.ts";
import { dumpPickle } from "../python/pickle-write.ts";
import type { PyValue } from "../python/value.ts";
import { asBuffer } from "./encodings.ts";
import { PythonError } from "./errors.ts";

export interface Serializer {
  readonly name: "json" | "pickle";
  dumps(value: PyValue): Uint8Array;
  loads(bytes: Uint8Array): PyValue;
}

export const jsonSerializer: Serializer = {
  name: "json",
  dumps: (value) => Buffer.from(writeJson(value), "latin1"),
  loads(bytes) {
    try {
      return parseTypedJson(asBuffer(bytes).toString("latin1"));
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      const { message, line, column, offset } = error;
      throw new PythonError(
        "JSONDecodeError",
        `${message}: line ${line} column ${column} (char ${offset})`,
      );
    }
  },
};

export const pickleSerializer = (protocol: number): Serializer => ({
  name: "pickle",
  dumps: (value) => dumpPickle(value, protocol),
  loads: (bytes) => loadPickle(bytes).value,
});
