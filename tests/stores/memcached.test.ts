/** The suite over memcached, on a server of each test's own. */
import { describe } from "vitest";
import { hasMemcached } from "../servers/memcached.ts";
import { conforms } from "./conformance.ts";
import { memcachedPlace } from "./memcached-place.ts";

const suite = hasMemcached || process.env["CI"] === "true" ? describe : describe.skip;

suite("with a real server", () => {
  conforms("Memcached", {
    place: () => memcachedPlace(),
    expiresByItself: true,
    wholeSeconds: true,
    // What memcached takes for a key: no spaces, no control characters, 250 bytes in all.
    oddKeys: [
      "",
      "a",
      "__proto__",
      "<script>alert(1)</script>",
      "ключ",
      "🍪".repeat(40),
      "%_",
      "%41=&",
    ],
  });
});
