/** Expected failures, typed. A problem is a value that is shown to the user; a bug is an exception. */
import { z } from "zod";

export const problemCodes = [
  // reading a stored value
  "bad_signature", // no key fits; the value is shown all the same
  "corrupt", // cut, not base64, not zlib, not JSON, not pickle
  "unknown_format", // no encoding known to Django
  "not_a_dict", // decodes, but a session must be a dict
  "too_large", // above a stated bound
  "too_deep", // nested beyond a stated bound
  // writing a value
  "not_writable", // the encoder cannot reproduce a node; `detail.path` and `detail.class` say which
  "bad_json", // text typed by the user; `detail.line`, `detail.column`, `detail.offset` say where
  "no_secret_key", // signing needs a key
  "conflict", // changed since it was read
  "key_taken", // restoring onto a key that lives
  // asking
  "bad_request",
  "bad_filter",
  "bad_key", // no session key
  "bad_setting", // `detail.setting` names it
  "not_found",
  // stores
  "cannot_open", // missing, no permission, a folder where a file is expected
  "not_a_database",
  "no_table",
  "no_sessions_folder",
  "locked", // another program holds the lock
  "read_only", // the connection is locked against writes, or the store itself cannot be written
  "unsupported", // this kind of store cannot do that
  "store_gone", // vanished under an open connection
  "store_failed", // the server's own error, in `detail.message`
  "disk_full",
  // jobs and guards
  "confirm_name", // production: the connection's name has to be typed
  "bin_full",
  "stopped",
] as const;

export const problemSchema = z.object({
  code: z.enum(problemCodes),
  /** What happened and why, one or two sentences for a person. */
  message: z.string(),
  /** What to do about it. */
  hint: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
});

export type ProblemCode = (typeof problemCodes)[number];
export type Problem = z.infer<typeof problemSchema>;
