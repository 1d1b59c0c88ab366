/** Comparing timelines: the bytes of compressed signed values depend on the zlib at hand, so they are decoded. */
import { jsonSerializer, pickleSerializer } from "../../src/main/engine/serializers.ts";
import { loads, SIGNED_COOKIES_SALT } from "../../src/main/engine/signing.ts";
import { writeTagged } from "../../src/main/python/tagged.ts";
import { isDict, PyDatetime, type PyValue } from "../../src/main/python/value.ts";

/** The text of a timeline as plain JSON, signed cookies as what they hold. */
export const comparable = (text: string): unknown =>
  JSON.parse(text, (_, value) =>
    typeof value === "string"
      ? value.replace(/\.?[\w-]+:-?[0-9A-Za-z]{6}:[\w-]{27,43}/g, decoded)
      : value,
  );

function decoded(signed: string): string {
  for (const serializer of [jsonSerializer, pickleSerializer(5)])
    try {
      const value = loads(signed, {
        key: "insecure-scenario-key",
        salt: SIGNED_COOKIES_SALT,
        legacyAlgorithm: "sha1",
        serializer,
      });
      return `${writeTagged(withoutZone(value))} at ${signed.split(":")[1]}`;
    } catch {}
  return signed;
}

/** UTC is pytz's in Django 3.2 and datetime's here: another class, the same moment. */
function withoutZone(value: PyValue): PyValue {
  if (!isDict(value)) return value;
  const expiry = value.get("_session_expiry");
  return expiry instanceof PyDatetime
    ? new Map([...value, ["_session_expiry", expiry.iso]])
    : value;
}
