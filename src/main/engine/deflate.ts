/**
 * zlib streams byte for byte as CPython's zlib.compress() writes them (classic zlib, level 6): the stored text of
 * a session and whether it is compressed at all depend on it.
 *
 * Node's own zlib gives other bytes, and so does pako without its classic hash. One stream is kept and reset:
 * pako's one-call deflate() spends ten times as long on making a new one.
 */
import {
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_STREAM_END,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateResetKeep,
} from "pako";

const DEFLATED = 8;
const WINDOW_BITS = 15;
const MEMORY_LEVEL = 8;

const stream = new ZStream();
zlibDeflateInit2(stream, 6, DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY, true);

/** The fields of deflate's state, in zlib's own names. */
type DeflateState = {
  head: Uint16Array;
  strstart: number;
  block_start: number;
  lookahead: number;
  insert: number;
  match_length: number;
  prev_length: number;
  match_available: number;
  ins_h: number;
};

/** zlib's lm_init(), as zlibDeflateReset() would call it; but that clears the hash number by number, a third of all the work. */
function clearMatches(state: DeflateState): void {
  state.head.fill(0);
  state.strstart = 0;
  state.block_start = 0;
  state.lookahead = 0;
  state.insert = 0;
  state.match_length = 2;
  state.prev_length = 2;
  state.match_available = 0;
  state.ins_h = 0;
}

/** zlib.compress(raw). */
export function deflateZlib(raw: Uint8Array): Uint8Array {
  zlibDeflateResetKeep(stream);
  clearMatches(stream.state);
  stream.input = raw;
  stream.next_in = 0;
  stream.avail_in = raw.length;
  // Stored blocks, the worst case, add five bytes to each 16 KiB, and the stream has a frame of six.
  const output = new Uint8Array(raw.length + (raw.length >> 8) + 64);
  stream.output = output;
  stream.next_out = 0;
  stream.avail_out = output.length;
  if (zlibDeflate(stream, Z_FINISH) !== Z_STREAM_END)
    throw new Error(`deflate did not end: ${stream.msg}`);
  const length = stream.next_out;
  // A kept stream must not keep a session.
  stream.input = EMPTY;
  stream.output = EMPTY;
  return output.subarray(0, length);
}

const EMPTY = new Uint8Array(0);
