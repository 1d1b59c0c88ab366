/** What Django does with a session on the next request, where that is not what is shown. */
import type { StoreKind } from "../../shared/connection.ts";
import type { State } from "../../shared/session.ts";
import type { Reading } from "../engine/read.ts";

const empty = "Django treats this session as empty";

/** One sentence, or null where Django sees what is shown. `reading` is null for what is too large to be read here. */
export function djangoSees(reading: Reading | null, state: State, kind: StoreKind): string | null {
  if (state === "expired")
    return kind === "file"
      ? "Django deletes this file at the next request and begins a new session."
      : "Django does not find this session any more and begins a new one.";
  if (!reading) return null;
  const { encoding, serializer, problem, signature } = reading;
  if (signature === "invalid") return `${empty}: the signature fits no key.`;
  switch (problem?.code) {
    case "not_a_dict":
      return "Django fails at the first use of this session: it decodes to something that is no dict.";
    case "too_large":
      return null;
    case "too_deep":
      return `${empty}: Python does not follow nesting as deep as this.`;
    case "unknown_format":
      return `${empty}: what is stored is in no form it knows.`;
    case "corrupt":
      return `${empty}: ${kind === "cache" ? "what is cached" : "what is stored"} is damaged.`;
  }
  if (kind === "cache") return null;
  if (reading.cache !== null)
    return `${empty}: this kind of store holds signed text, and this has no signature.`;
  if (encoding === "signed_cookies" && kind !== "signed_cookies")
    return `${empty}: it is signed for the signed_cookies engine, with another salt.`;
  if (encoding === "legacy") return `${empty} from version 4.0 on; 3.2 and earlier read this form.`;
  if (encoding === "md5") return `${empty} from version 1.4 on, which reads this form no more.`;
  if (reading.mac === "sha1")
    return `${empty} from version 4.0 on: the signature is made with sha1, which 3.1 and 3.2 still take.`;
  if (serializer === "pickle")
    return `${empty} unless SESSION_SERIALIZER is PickleSerializer, which is gone since version 5.0.`;
  return null;
}
