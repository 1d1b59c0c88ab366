/** What a value is likely to mean, beside what it is: JSON knows no datetime or Decimal, and Django's own keys have a sense. */
import { duration } from "../../ui/format.ts";
import type { TreeLine } from "./tree.ts";

export interface ReadingAid {
  text: string;
  /** Painted as what it reads as. */
  asTime: boolean;
}

const isoLike = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** null: nothing to add. Never a claim about the type, which stays what is stored. */
export function readingAid({ label, labelKind, node, depth }: TreeLine): ReadingAid | null {
  const text = node.text ?? "";
  if (depth === 0 && labelKind === "str") {
    const own = ownKey(label, node.type, text);
    if (own) return { text: own, asTime: false };
  }
  if (node.type !== "str" || node.cut) return null;
  if (isoLike.test(text) && !Number.isNaN(Date.parse(text)))
    return { text: "as datetime", asTime: true };
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { text: "as date", asTime: true };
  if (/^-?\d{1,15}\.\d{1,10}$/.test(text)) return { text: "as Decimal", asTime: true };
  return null;
}

/** Keys Django itself writes. */
function ownKey(label: string, type: string, text: string): string | null {
  if (label === "_auth_user_id") return "signed-in user";
  if (label === "_auth_user_backend") return "auth";
  if (label === "_auth_user_hash") return "of the password";
  if (label === "_session_expiry" && type === "int") {
    return Number(text) === 0
      ? "ends with the browser"
      : `${duration(Number(text) * 1000)} from each save`;
  }
  if (label === "_messages" && type === "str") {
    const messages = text.split('"__json_message"').length - 1;
    if (messages > 0) return messages === 1 ? "1 message" : `${messages} messages`;
  }
  return null;
}
