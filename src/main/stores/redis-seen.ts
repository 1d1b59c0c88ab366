/**
 * Which keys a scan has met already, in 8 bytes a key: SCAN gives a key twice when its table shrinks meanwhile.
 *
 * A table of fingerprints of 64 bits, open addressing, at most 2/3 full, so 12 to 24 bytes a key: 100,000 sessions take
 * 2 MB and 10 million 240 MB at most. Two keys of one fingerprint would hide one of them: with 10 million keys that
 * happens to one scan in 370,000. The seed is drawn anew, so that no visitor can aim for it.
 */
import { randomBytes } from "node:crypto";

export interface Seen {
  /** True for a key met for the first time. */
  add(key: Uint8Array): boolean;
}

export function seenKeys(): Seen {
  const seed = randomBytes(8);
  const seeds = [seed.readUInt32LE(0), seed.readUInt32LE(4)] as const;
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
    add(key) {
      const low = hash(key, seeds[0]);
      // All zeros stands for an empty slot.
      const high = hash(key, seeds[1]) || 1;
      if (!put(low, high)) return false;
      count += 1;
      if (count * 3 > mask * 2) grow();
      return true;
    },
  };
}

/** murmur3's steps, a byte at a time. */
export function hash(key: Uint8Array, seed: number): number {
  let sum = seed;
  for (let at = 0; at < key.length; at++) {
    sum ^= Math.imul(key[at] ?? 0, 0x9e3779b1);
    sum = (Math.imul((sum << 13) | (sum >>> 19), 5) + 0xe6546b64) | 0;
  }
  sum ^= key.length;
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
