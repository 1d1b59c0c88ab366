/** Hashes as their own libraries give them; which server they lead to is compared with real clients beside a server. */
import { expect, it } from "vitest";
import { murmur3, oneAtATime, placeOf } from "../../src/main/stores/memcached-choice.ts";

it("hashes as pymemcache and libmemcached do", () => {
  // pymemcache.client.murmur3.murmur3_32
  expect(["", "a", "ab", "abc", "abcd", "127.0.0.1:11211-a"].map(murmur3)).toEqual([
    0, 1009084850, 2613040991, 3017643002, 1139631978, 1120911589,
  ]);
  expect(oneAtATime("a")).toBe(0xca2e9442);
});

it("is one server's among one, nobody's where the client is not known", () => {
  expect(placeOf("unknown", ["a:1"], "k")).toBe(0);
  expect(placeOf("unknown", ["a:1", "b:1"], "k")).toBeNull();
});
