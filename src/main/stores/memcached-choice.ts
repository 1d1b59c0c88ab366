/**
 * Which of several servers a site's client looks at for a key, as Django uses the clients:
 *
 *     pymemcache   HashClient: of all servers the one whose murmur3("host:port-key") is highest (rendezvous)
 *     pylibmc      libmemcached's defaults: Jenkins' one-at-a-time hash of the key modulo their number, in LOCATION's order
 *
 *     murmur3("127.0.0.1:11211-a") = 1120911589     oneAtATime("a") = 3392050242
 *
 * With OPTIONS of its own (a hasher; ketama among pylibmc's behaviours) a site chooses otherwise.
 */
export const clients = ["unknown", "pymemcache", "pylibmc"] as const;
export type Client = (typeof clients)[number];

/** MurmurHash3, 32 bits, seed 0, of the characters' low bytes. */
export function murmur3(text: string): number {
  const c1 = 0xcc9e2d51;
  const c2 = 0x1b873593;
  const rotated = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));
  const mixed = (block: number) => Math.imul(rotated(Math.imul(block, c1), 15), c2);
  const byte = (at: number) => text.charCodeAt(at) & 0xff;
  const whole = text.length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    hash ^= mixed(byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24));
    hash = Math.imul(rotated(hash, 13), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let at = text.length - 1; at >= whole; at--) tail = (tail << 8) | byte(at);
  if (text.length > whole) hash ^= mixed(tail);
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Bob Jenkins' hash of the text's bytes. */
export function oneAtATime(text: string): number {
  let hash = 0;
  for (const byte of Buffer.from(text)) {
    hash = (hash + byte) | 0;
    hash = (hash + (hash << 10)) | 0;
    hash ^= hash >>> 6;
  }
  hash = (hash + (hash << 3)) | 0;
  hash ^= hash >>> 11;
  return (hash + (hash << 15)) >>> 0;
}

/** The server's place among the names ("127.0.0.1:11211"), which are in LOCATION's order; null: nobody knows. */
export function placeOf(client: Client, names: readonly string[], key: string): number | null {
  if (names.length === 1) return 0;
  if (client === "unknown") return null;
  if (client === "pylibmc") return oneAtATime(key) % names.length;
  const scores = names.map((name) => murmur3(`${name}-${key}`));
  const highest = Math.max(...scores);
  // Of equal ones the name that sorts last.
  const [best] = names
    .filter((_, at) => scores[at] === highest)
    .toSorted()
    .reverse();
  return names.indexOf(best ?? "");
}
