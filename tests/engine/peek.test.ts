import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { base64Url } from "../../src/main/engine/encodings.ts";
import { encodeLegacy, encodeMd5 } from "../../src/main/engine/legacy.ts";
import { peekUserId, userIdOf } from "../../src/main/engine/peek.ts";
import { readStored } from "../../src/main/engine/read.ts";
import { encodePayload } from "../../src/main/engine/signing.ts";
import { isDict } from "../../src/main/python/value.ts";
import { golden } from "./golden.ts";

const stored = (json: string, compress = false): string =>
  `${encodePayload(Buffer.from(json, "latin1"), compress)}:1r31eq:${"x".repeat(43)}`;

/** The slow way. */
const full = (data: string | Uint8Array): string | null | undefined => {
  const { value } = readStored(data, {});
  return isDict(value) ? userIdOf(value) : undefined;
};

describe("JSON texts", () => {
  test.each([
    ['{"_auth_user_id":"1"}', "1"],
    ['{"a":{"b":[1,"}"]},"_auth_user_id":"42","c":"]"}', "42"],
    ['{"_auth_user_id":17}', "17"],
    ['{"_auth_user_id":123456789012345678901234567890}', "123456789012345678901234567890"],
    ['{"_auth_user_id":null}', null],
    ['{"_auth_user_id":["1"]}', null],
    ['{"_auth_user_id": "1" }', "1"],
    ['{"_auth_user_id":"caf\\u00e9"}', "café"],
    ["{}", null],
    ['{"cart":{"_auth_user_id":"1"}}', null],
    ['{"cart":{"_auth_user_id":"1"},"_auth_user_id":"2"}', "2"],
    ['{"a":1,"_auth_user_id":"1","_auth_user_id":"2"}', "2"],
    ['{"x":"_auth_user_id"}', null],
    ['{"x":"\\"_auth_user_id\\":\\"9\\""}', null],
    ['{"x":["_auth_user_id","y"]}', null],
    ['{"x\\\\":"\\\\","_auth_user_id":"3"}', "3"],
    ['{"\\u005fauth_user_id":"4"}', "4"],
    ['{"name":"\\u00e9","_auth_user_id":"5"}', "5"],
    ["[1]", undefined],
    ['{"_auth_user_id":"1', undefined],
    ["nope", undefined],
  ])("%s: %s", (json, user) => {
    expect(peekUserId(stored(json))).toBe(user);
    expect(peekUserId(stored(json, true))).toBe(user);
    expect(full(stored(json))).toBe(user);
  });
});

test("every vector has the user that reading in full finds", () => {
  type Case = { id: string; session_data: string; signed_cookie: string };
  for (const version of ["2.2", "3.2", "5.2"] as const)
    for (const c of golden<{ session_data: { cases: Case[] } }>(version).session_data.cases)
      for (const data of [c.session_data, c.signed_cookie, Buffer.from(c.session_data)])
        expect(peekUserId(data), c.id).toBe(full(data));
});

test("other forms", () => {
  const json = Buffer.from('{"_auth_user_id":"7"}');
  expect(peekUserId(encodeLegacy(json, "k"))).toBe("7");
  expect(peekUserId(json)).toBe("7");
  expect(peekUserId("garbage")).toBeUndefined();
  const seven = Buffer.from("\x80\x02}U\x0d_auth_user_idK\x07s.", "latin1");
  expect(peekUserId(seven)).toBe("7");
  expect(peekUserId(encodeMd5(seven, "k"))).toBe("7");
  expect(peekUserId(`${base64Url(seven)}:1r31eq:${"x".repeat(43)}`)).toBe("7");
});
