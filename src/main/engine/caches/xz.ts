/**
 * The xz container: read for its LZMA2 blocks, written with the data stored in it.
 *
 *     fd 37 7a 58 5a 00   00 01   69 22 de 36       magic, flags (1: CRC32, 4: CRC64), CRC32 of the flags
 *     02 00 21 01 16 00 00 00   74 2f e5 a3         block header: its size / 4 - 1, filters, LZMA2, CRC32
 *     <LZMA2 chunks> <padding to 4> <check>         lzma.ts
 *     00 01 <size> <size> <padding> <CRC32>         index: one record of unpadded and uncompressed size
 *     <CRC32> <index size / 4 - 1> 00 01 59 5a      footer
 *
 * Checks are not looked at. Broken data is a RangeError.
 */
import { crc32 } from "node:zlib";
import { decodeLzma2, LzmaOutput } from "./lzma.ts";

const magic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const broken = (what: string): RangeError => new RangeError(`xz: ${what}`);
const padded = (size: number): number => (size + 3) & ~3;

/** Bytes of the check behind a block, by its type. */
const checkSizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** The data of the first stream. Throws a RangeError for what is no xz, too_large (a problem) above `maxBytes`. */
export function xzDecompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!magic.every((byte, index) => bytes[index] === byte)) throw broken("it does not begin so");
  const checkSize = checkSizes[(bytes[7] ?? 0) & 15] ?? 0;
  const out = new LzmaOutput(maxBytes);
  let at = 12;
  for (;;) {
    const size = bytes[at];
    if (size === undefined) throw broken("it ends early");
    // An index stands where a block header would have size 0.
    if (size === 0) return out.bytes();
    checkFilters(bytes, at);
    const start = at + (size + 1) * 4;
    const end = decodeLzma2(bytes, start, out);
    at = start + padded(end - start) + checkSize;
  }
}

/** Only LZMA2 alone, which is what the lzma modules write by default. */
function checkFilters(bytes: Uint8Array, start: number): void {
  const flags = bytes[start + 1] ?? 0;
  let at = start + 2;
  for (const sizes of [0x40, 0x80]) if (flags & sizes) while ((bytes[at++] ?? 0) & 0x80);
  if ((flags & 3) !== 0 || bytes[at] !== 0x21) throw broken("filters other than LZMA2");
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const withCrc = (bytes: Buffer): Buffer => Buffer.concat([bytes, uint32(crc32(bytes))]);

const padding = (size: number): Buffer => Buffer.alloc(padded(size) - size);

function variable(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

/** A stream any xz reads, its data stored in chunks of 64 KiB: nothing is saved. */
export function xzCompress(data: Uint8Array): Uint8Array {
  const flags = Buffer.of(0, 1);
  const header = withCrc(Buffer.of(0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += 0x10000) {
    const part = data.subarray(at, at + 0x10000);
    const size = part.length - 1;
    chunks.push(Buffer.of(at === 0 ? 1 : 2, size >> 8, size & 255), part);
  }
  const block = Buffer.concat([...chunks, Buffer.of(0)]);
  const check = uint32(crc32(data));
  const unpadded = header.length + block.length + check.length;
  const records = Buffer.from([0, 1, ...variable(unpadded), ...variable(data.length)]);
  const index = withCrc(Buffer.concat([records, padding(records.length)]));
  const footer = Buffer.concat([uint32(index.length / 4 - 1), flags]);
  return Buffer.concat([
    Buffer.from(magic),
    withCrc(flags),
    header,
    block,
    padding(block.length),
    check,
    index,
    uint32(crc32(footer)),
    footer,
    Buffer.from("YZ"),
  ]);
}
