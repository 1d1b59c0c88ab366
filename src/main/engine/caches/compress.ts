/**
 * The compressors of django-redis, told apart by their first bytes:
 *
 *     zlib  78 ..           gzip  1f 8b        zstd  28 b5 2f fd
 *     lz4   04 22 4d 18     lzma  fd 37 7a 58 5a 00 (the xz container)
 *
 * Values up to 15 bytes (lzma: 100) are stored as they are, and reading takes what does not decompress for not
 * compressed. Node has zlib, gzip and zstd; lz4 and xz are read here, and written without saving anything.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { deflate } from "pako";
import { ProblemError, problem } from "../../problem.ts";
import { PythonError } from "../errors.ts";
import { inflateZlib, MAX_INFLATED } from "../inflate.ts";
import { lz4Compress, lz4Decompress } from "./lz4.ts";
import { xzCompress, xzDecompress } from "./xz.ts";

export type Compressor = "none" | "zlib" | "gzip" | "lz4" | "zstd" | "lzma";

const magic: readonly [Compressor, readonly number[]][] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["lzma", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** By the first bytes alone. A zlib header is two bytes that are a multiple of 31, the first one 0x78. */
export function compressorOf(bytes: Uint8Array): Compressor {
  for (const [name, start] of magic)
    if (start.every((byte, index) => bytes[index] === byte)) return name;
  const [first = 0, second = 0] = bytes;
  return first === 0x78 && ((first << 8) | second) % 31 === 0 ? "zlib" : "none";
}

/** A zlib stream that has to be one. Problems: corrupt, too_large. */
export function inflateEntry(bytes: Uint8Array, maxBytes = MAX_INFLATED): Uint8Array {
  try {
    return inflateZlib(bytes, maxBytes);
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    throw problem("corrupt", `No zlib stream: ${error.message}.`);
  }
}

/** Takes one layer off; what does not decompress is `none` as it is. Problems: too_large. */
export function decompress(
  bytes: Uint8Array,
  maxBytes = MAX_INFLATED,
): { compressor: Compressor; bytes: Uint8Array } {
  const compressor = compressorOf(bytes);
  try {
    return { compressor, bytes: expand(compressor, bytes, maxBytes) };
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    if (error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE")
      throw problem("too_large", `The value is larger than ${maxBytes} bytes when decompressed.`);
    return { compressor: "none", bytes };
  }
}

function expand(compressor: Compressor, bytes: Uint8Array, maxBytes: number): Uint8Array {
  switch (compressor) {
    case "none":
      return bytes;
    case "zlib":
      return inflateZlib(bytes, maxBytes);
    case "gzip":
      return gunzipSync(bytes, { maxOutputLength: maxBytes });
    case "zstd":
      return zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
    case "lz4":
      return lz4Decompress(bytes, maxBytes);
    case "lzma":
      return xzDecompress(bytes, maxBytes);
  }
}

/** What the django-redis compressor writes, short values as they are. Any other program's bytes may differ. */
export function compress(compressor: Compressor, bytes: Uint8Array): Uint8Array {
  if (bytes.length <= (compressor === "lzma" ? 100 : 15)) return bytes;
  switch (compressor) {
    case "none":
      return bytes;
    case "zlib":
      return deflate(bytes, { legacyHash: true });
    case "gzip":
      return gzipSync(bytes);
    case "zstd":
      return zstdCompressSync(bytes);
    case "lz4":
      return lz4Compress(bytes);
    case "lzma":
      return xzCompress(bytes);
  }
}
