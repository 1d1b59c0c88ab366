/**
 * The bytes of a pickle being written: a growing buffer, the frames of protocols 4 and 5, the memo.
 *
 *   frame   95, length of what follows as u64, then opcodes; left out around fewer than 4 bytes, closed
 *           before the value that starts at or beyond 64 KiB; a str or bytes of 64 KiB or more stands
 *           outside of any frame
 *   memo    94 from protocol 4 on; 71 u8 / 72 u32 in 1 to 3; p<n>\n in 0, n counting from 0
 */
import { Buffer } from "node:buffer";

const frameTarget = 64 * 1024;
const frameHeader = 9;

export class PickleOut {
  readonly protocol: number;
  private buffer = Buffer.allocUnsafe(512);
  private size = 0;
  private framing = false;
  /** Where the open frame's header is, -1 where none is open. */
  private frameStart = -1;
  /** By the str itself, by object, or by what stands for a class or another thing CPython has only once. */
  private readonly memo = new Map<unknown, number>();
  private memoSize = 0;

  constructor(protocol: number) {
    this.protocol = protocol;
    if (protocol >= 2) this.bytes(0x80, protocol);
    this.framing = protocol >= 4;
  }

  finish(): Uint8Array {
    this.byte(0x2e);
    this.closeFrame();
    return new Uint8Array(this.buffer.subarray(0, this.size));
  }

  /** Characters written so far. */
  get length(): number {
    return this.size;
  }

  byte(value: number): void {
    this.room(1);
    this.buffer[this.size++] = value;
  }

  bytes(first: number, second: number): void {
    this.room(2);
    this.buffer[this.size++] = first;
    this.buffer[this.size++] = second;
  }

  line(opcode: string, text: string): void {
    const line = Buffer.from(`${opcode}${text}\n`, "latin1");
    this.room(line.length);
    this.buffer.set(line, this.size);
    this.size += line.length;
  }

  /** An opcode and `n`, little endian in `width` bytes. */
  sized(opcode: number, n: number, width: number): void {
    this.room(1 + width);
    this.buffer[this.size++] = opcode;
    let rest = n;
    for (let i = 0; i < width; i++) {
      this.buffer[this.size++] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  /** An opcode, the length of `data` and `data`. */
  data(opcode: number, width: number, data: Uint8Array): void {
    const large = data.length >= frameTarget;
    const { framing } = this;
    if (large) {
      this.closeFrame();
      this.framing = false;
    }
    this.sized(opcode, data.length, width);
    this.room(data.length);
    this.buffer.set(data, this.size);
    this.size += data.length;
    this.framing = framing;
  }

  /** A short str of ASCII, which is most of them; false where it is another, and nothing was written. */
  ascii(opcode: number, width: number, text: string): boolean {
    const { length } = text;
    if (length > 64) return false;
    this.sized(opcode, length, width);
    this.room(length);
    const { buffer, size } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.size = size - 1 - width;
        return false;
      }
      buffer[size + i] = code;
    }
    this.size = size + length;
    return true;
  }

  int32(value: number): void {
    this.room(5);
    this.buffer[this.size++] = 0x4a;
    this.size = this.buffer.writeInt32LE(value, this.size);
  }

  double(value: number): void {
    this.room(9);
    this.buffer[this.size++] = 0x47;
    this.size = this.buffer.writeDoubleBE(value, this.size);
  }

  /** To be called before each value. */
  boundary(): void {
    if (this.frameStart >= 0 && this.size - this.frameStart - frameHeader >= frameTarget)
      this.closeFrame();
  }

  isMemoized(key: unknown): boolean {
    return this.memo.has(key);
  }

  /** Remembers the value on top of the machine's stack. */
  put(key: unknown): void {
    const index = this.memoSize++;
    this.memo.set(key, index);
    if (this.protocol >= 4) this.byte(0x94);
    else if (this.protocol === 0) this.line("p", String(index));
    else if (index < 256) this.bytes(0x71, index);
    else this.sized(0x72, index, 4);
  }

  /** Fetches what was remembered; false where nothing was. */
  fetch(key: unknown): boolean {
    const index = this.memo.get(key);
    if (index === undefined) return false;
    if (this.protocol === 0) this.line("g", String(index));
    else if (index < 256) this.bytes(0x68, index);
    else this.sized(0x6a, index, 4);
    return true;
  }

  private room(count: number): void {
    const header = this.framing && this.frameStart < 0 ? frameHeader : 0;
    const needed = this.size + count + header;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, this.size);
      this.buffer = larger;
    }
    if (header > 0) {
      this.frameStart = this.size;
      this.size += header;
    }
  }

  private closeFrame(): void {
    if (this.frameStart < 0) return;
    const start = this.frameStart;
    const length = this.size - start - frameHeader;
    if (length >= 4) {
      this.buffer[start] = 0x95;
      this.buffer.writeBigUInt64LE(BigInt(length), start + 1);
    } else {
      this.buffer.copy(this.buffer, start, start + frameHeader, this.size);
      this.size -= frameHeader;
    }
    this.frameStart = -1;
  }
}
