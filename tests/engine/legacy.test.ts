import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { encodeLegacy, encodeMd5, splitMd5 } from "../../src/main/engine/legacy.ts";
import { userIdOf } from "../../src/main/engine/peek.ts";
import { readStored } from "../../src/main/engine/read.ts";
import { isDict } from "../../src/main/python/value.ts";
import { golden } from "./golden.ts";

type Release = {
  django: string;
  secret_key: string;
  session_data: { id: string; serializer: string; session_data: string; payload_b64: string }[];
  signed_cookies: { id: string; serializer: string; cookie: string }[];
  manager_encode_foo_bar: string;
};

describe.each(golden<Release[]>("legacy"))("Django $django", (release) => {
  const keys = { secretKey: release.secret_key };
  const md5 = /^1\.[012]\./.test(release.django);

  test("its rows are read, by the key that signed them", () => {
    for (const row of release.session_data) {
      const reading = readStored(row.session_data, keys);
      expect(reading, row.id).toMatchObject({
        encoding: md5 ? "md5" : "legacy",
        serializer: /pickle/i.test(row.serializer) ? "pickle" : "json",
        signature: "valid",
        mac: md5 ? "md5" : "sha1",
        signedAt: null,
        problem: null,
      });
      expect(readStored(row.session_data, { secretKey: "another" })).toMatchObject({
        signature: "invalid",
        value: reading.value,
        problem: { code: "bad_signature" },
      });
      expect(
        readStored(row.session_data, { secretKey: "another", fallbacks: ["x", release.secret_key] })
          .signature,
      ).toBe("fallback:2");
      if (row.id === "auth-1.4" && isDict(reading.value)) expect(userIdOf(reading.value)).toBe("1");
      if (row.id === "foo-bar") expect(reading.value).toEqual(new Map([["foo", "bar"]]));
    }
  });

  test("its signed cookies are read", () => {
    for (const { id, cookie } of release.signed_cookies)
      expect(readStored(cookie, keys), id).toMatchObject({
        encoding: "signed_cookies",
        signature: "valid",
        mac: "sha1",
        problem: null,
      });
  });

  test("what its manager wrote is read too, protocol 0 included", () => {
    const reading = readStored(release.manager_encode_foo_bar, keys);
    expect(reading).toMatchObject({ signature: "valid", problem: null });
    expect(reading.value).toEqual(new Map([["foo", "bar"]]));
  });

  test("its bytes come out of the same serialized bytes", () => {
    for (const row of release.session_data) {
      const decoded = Buffer.from(row.payload_b64, "base64");
      const parts = md5 ? splitMd5(decoded) : null;
      const written = parts
        ? encodeMd5(parts.serialized, release.secret_key)
        : encodeLegacy(decoded.subarray(41), release.secret_key);
      // 1.3 and 1.4 still broke the lines.
      expect(written.replaceAll("\n", ""), row.id).toBe(row.session_data.replaceAll("\n", ""));
      if (md5) expect(written, row.id).toBe(row.session_data);
    }
  });
});
