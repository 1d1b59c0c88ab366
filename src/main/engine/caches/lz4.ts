/**
 * The LZ4 frame format, as python-lz4 writes it: read whole, written with its blocks stored.
 *
 *     04224d18  68 40  1500000000000000  36   13000000 <19 bytes>   00000000
 *     magic     FLG BD content size      HC   block length          end mark
 *
 * FLG: bits 7-6 version 01, bit 4 block checksums, bit 3 content size, bit 2 content checksum, bit 0 dictionary.
 * A block length with its top bit set means stored. A block is a run of sequences: token (high nibble literals,
 * low nibble match length - 4, 15 continues in bytes of 255), literals, offset (2 bytes), match.
 */
import { problem } from "../../problem.ts";

const prime = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** xxHash32 with seed 0 of fewer than 16 bytes, which is all that a frame header has. */
function headerHash(bytes: Uint8Array): number {
  let hash = (prime[4] + bytes.length) | 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4)
    hash = Math.imul(
      rotate((hash + Math.imul(view.getUint32(at, true), prime[2])) | 0, 17),
      prime[3],
    );
  for (; at < bytes.length; at++)
    hash = Math.imul(rotate((hash + Math.imul(bytes[at] ?? 0, prime[4])) | 0, 11), prime[0]);
  hash = Math.imul(hash ^ (hash >>> 15), prime[1]);
  hash = Math.imul(hash ^ (hash >>> 13), prime[2]);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Throws a RangeError for a broken frame, too_large (a problem) above `maxBytes`. Checksums are not looked at. */
export function lz4Decompress(frame: Uint8Array, maxBytes: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1) throw new RangeError("unknown LZ4 frame version");
  let at = 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
  const out = new Output(maxBytes);
  for (;;) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length === 0) return out.bytes();
    const size = length & 0x7fffffff;
    if (at + size > frame.length) throw new RangeError("LZ4 block beyond its frame");
    const block = frame.subarray(at, at + size);
    if (length & 0x80000000) out.append(block);
    else expandBlock(block, out);
    at += size + (flags & 16 ? 4 : 0);
  }
}

function expandBlock(block: Uint8Array, out: Output): void {
  let at = 0;
  const byte = (): number => {
    const value = block[at++];
    if (value === undefined) throw new RangeError("LZ4 block ends early");
    return value;
  };
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble === 15) for (let more = 255; more === 255; total += more) more = byte();
    return total;
  };
  while (at < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (at + literals > block.length) throw new RangeError("LZ4 literals beyond their block");
    out.append(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    const offset = byte() | (byte() << 8);
    out.repeat(offset, length(token & 15) + 4);
  }
}

/** Grows by doubling; matches may overlap what they write. */
class Output {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#maxBytes)
      throw problem(
        "too_large",
        `The value is larger than ${this.#maxBytes} bytes when decompressed.`,
      );
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  append(part: Uint8Array): void {
    this.#reserve(part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  repeat(offset: number, count: number): void {
    if (offset === 0 || offset > this.#length) throw new RangeError("LZ4 match before its start");
    this.#reserve(count);
    for (let index = 0; index < count; index++, this.#length++)
      this.#bytes[this.#length] = this.#bytes[this.#length - offset] ?? 0;
  }
}

/** A frame with its content size and stored blocks of up to 64 KiB: any LZ4 reader takes it, nothing is saved. */
export function lz4Compress(bytes: Uint8Array): Uint8Array {
  const header = new Uint8Array(15);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x184d2204, true);
  header.set([0x68, 0x40], 4);
  view.setBigUint64(6, BigInt(bytes.length), true);
  header[14] = (headerHash(header.subarray(4, 14)) >> 8) & 255;
  const parts: Uint8Array[] = [header];
  for (let at = 0; at < bytes.length; at += 1 << 16) {
    const block = bytes.subarray(at, at + (1 << 16));
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, (block.length | 0x80000000) >>> 0, true);
    parts.push(size, block);
  }
  parts.push(new Uint8Array(4));
  return Buffer.concat(parts);
}
