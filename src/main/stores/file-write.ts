/**
 * Writing one session as Django does: a temp file in the same folder, renamed over the old one, mode 0600.
 *
 * Unlike Django, a failed write is an error (Django swallows it), and the new file belongs to the owner of the old one:
 * written by root or a colleague it would be unreadable for the site, which takes that for a missing session.
 * Files have no lock: between the last look at the old file and the rename lie some microseconds.
 */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { problem } from "../problem.ts";
import { assertWritable, type WriteOutcome, type WriteRequest } from "./driver.ts";
import { type ExpiryRule, microsOf } from "./file-expiry.ts";
import {
  type Content,
  contentOf,
  type Folder,
  sameStamp,
  stampOf,
  tokenOf,
} from "./file-folder.ts";
import type { Index } from "./file-index.ts";
import { codeOf, writeProblem } from "./file-problems.ts";

/** What fits a string with room to spare. */
const ALL = 256 * 1024 * 1024;

/** The content when it is what the token names; else why not. */
function expectedContent(
  folder: Folder,
  key: string,
  token: string,
): Content | { outcome: "conflict" | "missing" } {
  const content = contentOf(folder, key, token.startsWith("~") ? -1 : ALL);
  if (content) return tokenOf(content) === token ? content : { outcome: "conflict" };
  folder.check();
  return { outcome: "missing" };
}

export function write(folder: Folder, request: WriteRequest): WriteOutcome {
  const { key, data, expected, writtenAt } = request;
  const file = folder.fileOf(key);
  const before = expected === null ? null : expectedContent(folder, key, expected);
  if (before && "outcome" in before) return before;
  const temp = `${file}_out_${randomBytes(4).toString("hex")}`;
  try {
    writeTemp(temp, before ? file : dirname(file), before !== null, data, writtenAt);
    try {
      if (before) {
        const now = stampOf(file);
        if (!now) return { outcome: "missing" };
        if (!sameStamp(now, before)) return { outcome: "conflict" };
        renameSync(temp, file);
      } else if (!takeName(temp, file)) return { outcome: "conflict" };
    } finally {
      removeQuietly(temp);
    }
  } catch (error) {
    folder.check();
    throw writeProblem(error, folder.path);
  }
  const written = contentOf(folder, key, ALL);
  return { outcome: "done", token: written ? tokenOf(written) : "" };
}

function writeTemp(
  temp: string,
  model: string,
  modelIsFile: boolean,
  data: string | Uint8Array,
  writtenAt: string | undefined,
): void {
  const handle = openSync(temp, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    const { uid, gid, mode } = statSync(model);
    const own = fstatSync(handle);
    if (own.uid !== uid || own.gid !== gid) giveTo(handle, uid, gid, own.uid !== uid);
    if (modelIsFile) fchmodSync(handle, mode & 0o777);
    if (writtenAt !== undefined) {
      const seconds = microsOf(writtenAt) / 1e6;
      futimesSync(handle, seconds, seconds);
    }
    fsyncSync(handle);
  } catch (error) {
    removeQuietly(temp);
    throw error;
  } finally {
    closeSync(handle);
  }
}

function giveTo(handle: number, uid: number, gid: number, otherUser: boolean): void {
  try {
    fchownSync(handle, uid, gid);
  } catch (error) {
    // Another group alone does not matter with mode 0600.
    if (codeOf(error) === "EPERM" && !otherUser) return;
    throw codeOf(error) === "EPERM"
      ? problem(
          "read_only",
          "The session's file belongs to another user, and a file written by this one would be unreadable for the site.",
          "Run it as the user of the site.",
        )
      : error;
  }
}

/** Moves the temp file to a name that must be free; false: it is taken. */
function takeName(temp: string, file: string): boolean {
  try {
    linkSync(temp, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].includes(codeOf(error) ?? "")) throw error;
  }
  // A file system without hard links: Django's own way, an empty file first.
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  renameSync(temp, file);
  return true;
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Renamed away, or the folder is gone; the caller says so.
  }
}

export function setExpiry(
  folder: Folder,
  rule: ExpiryRule,
  key: string,
  expires: string,
  expected: string,
): WriteOutcome {
  const before = expectedContent(folder, key, expected);
  if ("outcome" in before) return before;
  const whole = before.data === null ? contentOf(folder, key, ALL) : before;
  if (whole?.data === undefined || whole.data === null) return { outcome: "conflict" };
  if (!rule.followsMtime(whole.data))
    throw problem(
      "unsupported",
      whole.size === 0
        ? "Django never checks the expiry of an empty session file."
        : "_session_expiry inside the session decides over its expiry; the file's time does not.",
      "Edit the session instead.",
    );
  const file = folder.fileOf(key);
  const seconds = (microsOf(expires) - rule.age) / 1e6;
  try {
    const now = stampOf(file);
    if (!now || !sameStamp(now, before)) return { outcome: now ? "conflict" : "missing" };
    utimesSync(file, seconds, seconds);
  } catch (error) {
    throw writeProblem(error, folder.path);
  }
  const after = contentOf(folder, key, expected.startsWith("~") ? -1 : ALL);
  return after ? { outcome: "done", token: tokenOf(after) } : { outcome: "missing" };
}

export function remove(folder: Folder, key: string, expected: string): WriteOutcome {
  const before = expectedContent(folder, key, expected);
  if ("outcome" in before) return before;
  const removed = unlinkIf(folder, key, before);
  return removed === "done" ? { outcome: "done", token: "" } : { outcome: removed };
}

/** Unlinks a file that is still in a given state. */
export function unlinkIf(
  folder: Folder,
  key: string,
  expected: Parameters<typeof sameStamp>[0],
): "done" | "conflict" | "missing" {
  const file = folder.fileOf(key);
  try {
    const now = stampOf(file);
    if (!now) return "missing";
    if (!sameStamp(now, expected)) return "conflict";
    unlinkSync(file);
    return "done";
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "missing";
    throw writeProblem(error, folder.path);
  }
}

/** Runs each write of an open folder: read_only while it is locked, and what the folder holds is looked at anew. */
export const writer =
  (writable: boolean, index: Index) =>
  <T>(work: () => T): T => {
    assertWritable(writable);
    try {
      return work();
    } finally {
      index.changed();
    }
  };
