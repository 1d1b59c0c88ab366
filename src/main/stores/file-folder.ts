/**
 * The folder: which of its files are sessions, and what one of them holds. Nothing here writes.
 *
 * A session's file is SESSION_COOKIE_NAME + key, a key being 8 or more of a-z and 0-9 (what Django's own loading
 * accepts). Everything else is left alone: other prefixes, temp files of interrupted saves (`<name>_out_<random>`),
 * folders, pipes. A symbolic link to a plain file counts, as Django follows it.
 */
import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { ProblemError, problem } from "../problem.ts";
import { codeOf, gone, openProblem } from "./file-problems.ts";

const KEY = /^[a-z0-9]{8,200}$/;

export interface Folder {
  readonly path: string;
  readonly cookieName: string;
  /** Keys that have a file, in no order; and how many temp files lie about. */
  names(): Names;
  /** All keys in order, as they were up to `maxAge` ms ago: listing a large folder takes a while. */
  sortedKeys(maxAge: number): string[];
  /** Throws bad_key for what is none. */
  fileOf(key: string): string;
  /** Throws store_gone when the folder is no more. */
  check(): void;
}

export interface Names {
  keys: string[];
  leftovers: number;
}

/** What identifies a state of a file without reading it. */
export interface Stamp {
  /** Nanoseconds. */
  mtime: bigint;
  size: number;
  inode: bigint;
}

export interface Content extends Stamp {
  /** null: longer than asked for, or not readable by this user. */
  data: string | Uint8Array | null;
  unreadable: boolean;
}

export function folderAt(path: string, cookieName: string): Folder {
  if (/[/\\\0]/.test(cookieName))
    throw problem("bad_setting", "A cookie name holds no slash.", undefined, {
      setting: "SESSION_COOKIE_NAME",
    });
  let sorted: { keys: string[]; at: number } | null = null;
  const list = (): Names => {
    const keys: string[] = [];
    let leftovers = 0;
    for (const name of readdirSync(path)) {
      if (!name.startsWith(cookieName)) continue;
      const key = name.slice(cookieName.length);
      if (KEY.test(key)) keys.push(key);
      else if (key.includes("_out_")) leftovers += 1;
    }
    return { keys, leftovers };
  };
  const names = (): Names => {
    try {
      return list();
    } catch (error) {
      throw codeOf(error) === "ENOENT" ? gone(path) : openProblem(error, path);
    }
  };
  try {
    opendirSync(path).closeSync();
  } catch (error) {
    throw openProblem(error, path);
  }
  return {
    path,
    cookieName,
    names,
    sortedKeys(maxAge) {
      if (!sorted || performance.now() - sorted.at > maxAge)
        sorted = { keys: names().keys.sort(), at: performance.now() };
      return sorted.keys;
    },
    fileOf(key) {
      if (!KEY.test(key)) throw badKey();
      return join(path, cookieName + key);
    },
    check() {
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw gone(path);
    },
  };
}

const badKey = (): ProblemError =>
  problem(
    "bad_key",
    "A key of a file session consists of 8 or more of the characters a-z and 0-9.",
    "Django refuses any other before it looks for a file.",
  );

const NO_FILE = ["ENOENT", "ENOTDIR", "ELOOP"];

/** null: no such file, or none that is a plain file. */
export function stampOf(file: string): Stamp | null {
  try {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat?.isFile()
      ? { mtime: stat.mtimeNs, size: Number(stat.size), inode: stat.ino }
      : null;
  } catch (error) {
    if (NO_FILE.includes(codeOf(error) ?? "")) return null;
    throw codeOf(error) === undefined ? error : openProblem(error, file);
  }
}

export const sameStamp = (a: Stamp, b: Stamp): boolean =>
  a.mtime === b.mtime && a.size === b.size && a.inode === b.inode;

/** Reads a file as it is at one moment; null: no such file, or none that is a plain file. */
export function contentOf(folder: Folder, key: string, maxData: number): Content | null {
  const file = folder.fileOf(key);
  try {
    // A pipe by this name must not be waited on.
    const stamp = stampOf(file);
    if (!stamp) return null;
    if (stamp.size > maxData) return { ...stamp, data: null, unreadable: false };
    let handle: number;
    try {
      handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      if (codeOf(error) !== "EACCES" && codeOf(error) !== "EPERM") throw error;
      return { ...stamp, data: null, unreadable: true };
    }
    try {
      return readWhole(handle, maxData);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof ProblemError || code === undefined) throw error;
    if (NO_FILE.includes(code)) return null;
    throw openProblem(error, file);
  }
}

function readWhole(handle: number, maxData: number): Content | null {
  const stat = fstatSync(handle, { bigint: true });
  if (!stat.isFile()) return null;
  const stamp = { mtime: stat.mtimeNs, size: Number(stat.size), inode: stat.ino };
  if (stamp.size > maxData) return { ...stamp, data: null, unreadable: false };
  const bytes = Buffer.allocUnsafe(stamp.size);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(handle, bytes, length, bytes.length - length, length);
    if (read === 0) break;
    length += read;
  }
  const whole = bytes.subarray(0, length);
  const data = isUtf8(whole) ? whole.toString() : new Uint8Array(whole);
  return { ...stamp, size: length, data, unreadable: false };
}

/** "=": mtime and content; "~": mtime and size, where the content was not read. */
export function tokenOf({ mtime, size, data }: Content): string {
  const held = data === null ? String(size) : data;
  const text = typeof held === "string" ? held : `\0${Buffer.from(held).toString("latin1")}`;
  return `${data === null ? "~" : "="}${hash("sha1", `${mtime}\n${text}`, "base64url")}`;
}

/** The path itself where it leads nowhere. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
