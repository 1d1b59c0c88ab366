/**
 * One window of SCAN: the sessions of some hundred keys and the cursor of the next window.
 *
 * Looked at by a script, a window comes with size and expiry of each session, in one command and two packed strings
 * instead of a reply a key, which is what most of a scan's time went to:
 *
 *     40 00 00 00  b2 02 00 00  00 b0 17 80 03 20 7a 42     length of the key, size, expiry (a double): 16 bytes a key
 *     :1:django.contrib.sessions.cache1a2b…                 the keys themselves, one behind the other
 *
 * In a cluster a script may not look at keys of a slot on its way, so windows are plain SCANs there, and where a user
 * may run no scripts.
 */
import { isAscii, isUtf8 } from "node:buffer";
import type { Master } from "./redis-link.ts";
import { expiresOf, type Sessions, unexpected } from "./redis-read.ts";
import { NO_STRING, WINDOW } from "./redis-scripts.ts";

/** A session that a window met; what it holds is known where the window was looked at. */
export interface Met {
  readonly key: string;
  readonly sessionKey: string;
  readonly size: number;
  /** ms since the epoch; null: it never expires. */
  readonly expires: number | null;
}

export interface Window {
  readonly master: Master;
  readonly met: readonly Met[];
  /** False: sizes and expiries of `met` are not known. */
  readonly looked: boolean;
  readonly next: string;
}

/** Whether a key is to be taken; called once for each that SCAN gave, in its order. */
export type Wanted = (bytes: Uint8Array, start: number, end: number) => boolean;

export interface Ask {
  readonly cursor: string;
  readonly count: number;
  readonly wanted: Wanted;
}

const FACTS = 16;
const GONE = -2;

/** A window with sizes and expiries where they can be had in the same command. */
export async function lookWindow(sessions: Sessions, master: Master, ask: Ask): Promise<Window> {
  const { link, layout, reader } = sessions;
  const { cursor, count, wanted } = ask;
  const reply = link.clustered
    ? null
    : await reader.run(master.send, WINDOW, [], [cursor, layout.pattern, count]);
  if (reply === null) return scanWindow(sessions, master, ask);
  const [next, facts, keys] = reply;
  if (!(facts instanceof Buffer && keys instanceof Buffer)) throw unexpected("SCAN");
  const met: Met[] = [];
  const plain = isAscii(keys);
  let end = 0;
  for (let at = 0; at < facts.length; at += FACTS) {
    const start = end;
    end += facts.readUInt32LE(at);
    const size = facts.readUInt32LE(at + 4);
    const expires = facts.readDoubleLE(at + 8);
    if (size === NO_STRING || expires === GONE || !wanted(keys, start, end)) continue;
    const key = textOf(keys, start, end, plain);
    const sessionKey = key === null ? null : layout.sessionKeyOf(key);
    if (key !== null && sessionKey !== null)
      met.push({ key, sessionKey, size, expires: expiresOf(expires) });
  }
  return { master, met, looked: true, next: String(next) };
}

/** One plain SCAN. Servers before 6.0 know no TYPE, so what is no string is told when it is read. */
export async function scanWindow(
  { layout }: Sessions,
  master: Master,
  { cursor, count, wanted }: Ask,
): Promise<Window> {
  const reply = await master.send("SCAN", cursor, "MATCH", layout.pattern, "COUNT", count);
  if (!Array.isArray(reply) || !Array.isArray(reply[1])) throw unexpected("SCAN");
  const met: Met[] = [];
  for (const stored of reply[1] as Buffer[]) {
    if (!wanted(stored, 0, stored.length)) continue;
    const key = textOf(stored, 0, stored.length, false);
    const sessionKey = key === null ? null : layout.sessionKeyOf(key);
    if (key !== null && sessionKey !== null) met.push({ key, sessionKey, size: 0, expires: null });
  }
  return { master, met, looked: false, next: String(reply[0]) };
}

/** null: Python made the keys from text, so other bytes are somebody else's. */
function textOf(bytes: Buffer, start: number, end: number, ascii: boolean): string | null {
  if (ascii) return bytes.toString("latin1", start, end);
  return isUtf8(bytes.subarray(start, end)) ? bytes.toString("utf8", start, end) : null;
}
