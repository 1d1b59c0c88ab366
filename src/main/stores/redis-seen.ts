/**
 * Which keys a scan has met already, in 8 bytes a key: SCAN gives a key twice when its table shrinks meanwhile.
 *
 * A table of fingerprints of 64 bits, open addressing, at most 2/3 full, so 12 to 24 bytes a key: 100,000 sessions take
 * 2 MB and 10 million 240 MB at most. Two keys of one fingerprint would hide one of them: with 10 million keys that
 * happens to one scan in 370,000. The seed is drawn anew, so that no visitor can aim for it.
 */
import { randomBytes } from "node:crypto";

export interface Seen {
  /** True for a key met for the first time: the bytes from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number): boolean;
}

export function seenKeys(): Seen {
  const seed = randomBytes(8);
  const seeds = [seed.readInt32LE(0), seed.readInt32LE(4)] as const;
  let mask = 0xfff;
  let slots = new Uint32Array(2 * (mask + 1));
  let count = 0;

  function put(low: number, high: number): boolean {
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = 2 * slot;
      if (slots[at] === 0 && slots[at + 1] === 0) {
        slots[at] = low;
        slots[at + 1] = high;
        return true;
      }
      if (slots[at] === low && slots[at + 1] === high) return false;
    }
  }

  function grow(): void {
    const old = slots;
    mask = mask * 2 + 1;
    slots = new Uint32Array(2 * (mask + 1));
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at] ?? 0;
      const high = old[at + 1] ?? 0;
      if (low !== 0 || high !== 0) put(low, high);
    }
  }

  return {
    add(bytes, start, end) {
      let [one, two] = seeds;
      for (let at = start; at < end; at++) {
        const byte = Math.imul(bytes[at] ?? 0, 0x9e3779b1);
        one = step(one, byte);
        two = step(two, byte);
      }
      const low = last(one, end - start);
      // All zeros stands for an empty slot.
      const high = last(two, end - start) || 1;
      if (!put(low, high)) return false;
      count += 1;
      if (count * 3 > mask * 2) grow();
      return true;
    },
  };
}

/** murmur3's steps, a byte at a time. */
const step = (sum: number, byte: number): number =>
  (Math.imul(((sum ^ byte) << 13) | ((sum ^ byte) >>> 19), 5) + 0xe6546b64) | 0;

function last(sum: number, length: number): number {
  let mixed = sum ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Of the bytes from `start` to `end`, the same in every thread. */
export function hash(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum = step(sum, Math.imul(bytes[at] ?? 0, 0x9e3779b1));
  return last(sum, end - start);
}
