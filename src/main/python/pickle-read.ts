/**
 * The pickle reader: the opcode machine of protocols 0 to 5, which never imports, calls or executes.
 *
 *   80 05 95 0a.. 7d 94 8c 01 61 94 4b 01 73 2e       Map { "a" => 1 }
 *
 * A class name stays a name (PyObject "global"); a call of it becomes the value it is known to give
 * (pickle-known.ts) or an opaque PyObject with its arguments and state. Objects met again through the
 * memo stay one object, recursion included. Python 2's byte strings (opcodes S, T, U) become text, each
 * byte one character; `byteStrings` tells that some were met, because they are written back as text.
 *
 * Bounds: every length against the bytes left, memo indexes against the length of the pickle, nesting,
 * containers, and the size of an int. Two surrogates which CPython wrote apart become one character.
 */
import { Buffer } from "node:buffer";
import { problem } from "../problem.ts";
import { recognise } from "./pickle-known.ts";
import { fail, type PickleLimits, PickleStack } from "./pickle-stack.ts";
import { bytesInt, decimalFloat, decimalInt, quoted, rawUnicode, utf8 } from "./pickle-text.ts";
import { PyByteArray, PyFloat, PyObject, PySet, PyTuple, type PyValue } from "./value.ts";

export type { PickleLimits } from "./pickle-stack.ts";

export type LoadedPickle = {
  value: PyValue;
  /** As its first bytes say; below 2 it is told by the opcodes met. */
  protocol: number;
  /** The offset after STOP; a file may go on there. */
  end: number;
  /** Python 2's str: none met, only ASCII ones, or others, whose bytes would not come back as they were. */
  byteStrings: "none" | "ascii" | "latin1";
};

/** Reads one pickle. Throws problems: `corrupt` with detail offset, `too_deep`, `too_large`. */
export function loadPickle(bytes: Uint8Array, limits: PickleLimits = {}): LoadedPickle {
  const machine = new Machine(bytes, limits);
  try {
    return machine.run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw problem("corrupt", `No pickle: ${error.message} (byte ${machine.at}).`, undefined, {
      offset: machine.at,
    });
  }
}

class Machine extends PickleStack {
  /** Where the current opcode stands. */
  at = 0;
  private readonly bytes: Buffer;
  private readonly maxIntBytes: number;

  constructor(bytes: Uint8Array, limits: PickleLimits) {
    super(bytes.length, limits);
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.maxIntBytes = limits.maxIntBytes ?? 1 << 14;
  }

  run(): LoadedPickle {
    const { bytes, stack } = this;
    const size = bytes.length;
    const latin = bytes.toString("latin1");
    let pos = 0;
    let protocol = -1;
    let binary = false;
    let byteStrings: LoadedPickle["byteStrings"] = "none";

    const ascii = (start: number, length: number): string => {
      const end = start + length;
      if (end > size) fail("it ends inside a str");
      for (let i = start; i < end; i++) if ((bytes[i] ?? 0) > 127) return utf8(bytes, start, end);
      return latin.slice(start, end);
    };
    const length = (start: number, width: number): number => {
      if (start + width > size) fail("it ends inside a length");
      let n = 0;
      for (let i = width - 1; i >= 0; i--) n = n * 256 + (bytes[start + i] ?? 0);
      return n > size ? fail("a length is greater than the pickle") : n;
    };
    const raw = (start: number, count: number): Uint8Array => {
      if (start + count > size) fail("it ends inside bytes");
      return Uint8Array.prototype.slice.call(bytes, start, start + count);
    };
    const line = (start: number): string => {
      const end = latin.indexOf("\n", start);
      if (end === -1) fail("it ends inside a line");
      pos = end + 1;
      return latin.slice(start, end);
    };

    const byteString = (text: string): string => {
      if (!/^[\0-\x7f]*$/.test(text)) byteStrings = "latin1";
      else if (byteStrings === "none") byteStrings = "ascii";
      return text;
    };

    for (;;) {
      if (pos >= size) {
        this.at = pos;
        fail("it ends without STOP");
      }
      this.at = pos;
      const op = bytes[pos++];
      switch (op) {
        case 0x8c: {
          // SHORT_BINUNICODE
          const n = bytes[pos] ?? fail("it ends inside a length");
          stack.push(ascii(pos + 1, n));
          pos += 1 + n;
          break;
        }
        case 0x94: // MEMOIZE
          this.put(this.memoized, this.top());
          break;
        case 0x58: {
          // BINUNICODE
          binary = true;
          const n = length(pos, 4);
          stack.push(ascii(pos + 4, n));
          pos += 4 + n;
          break;
        }
        case 0x71: // BINPUT
          this.put(bytes[pos++] ?? fail("it ends inside a memo index"), this.top());
          break;
        case 0x68: // BINGET
          stack.push(this.get(bytes[pos++] ?? fail("it ends inside a memo index")));
          break;
        case 0x4b: // BININT1
          binary = true;
          stack.push(bytes[pos++] ?? fail("it ends inside an int"));
          break;
        case 0x28: // MARK
          this.mark();
          break;
        case 0x75: // SETITEMS
          this.setItems();
          break;
        case 0x73: {
          // SETITEM
          const value = this.pop();
          const key = this.pop();
          this.setItem(this.top(), key, value);
          break;
        }
        case 0x7d: // EMPTY_DICT
          binary = true;
          this.make(new Map());
          break;
        case 0x5d: // EMPTY_LIST
          binary = true;
          this.make([]);
          break;
        case 0x65: // APPENDS
          this.addItems(false);
          break;
        case 0x61: {
          // APPEND
          const value = this.pop();
          this.append(this.top(), value);
          break;
        }
        case 0x4e: // NONE
          stack.push(null);
          break;
        case 0x88: // NEWTRUE
        case 0x89: // NEWFALSE
          stack.push(op === 0x88);
          break;
        case 0x4d: // BININT2
          binary = true;
          if (pos + 2 > size) fail("it ends inside an int");
          stack.push(bytes.readUInt16LE(pos));
          pos += 2;
          break;
        case 0x4a: // BININT
          binary = true;
          if (pos + 4 > size) fail("it ends inside an int");
          stack.push(bytes.readInt32LE(pos));
          pos += 4;
          break;
        case 0x47: // BINFLOAT
          binary = true;
          if (pos + 8 > size) fail("it ends inside a float");
          stack.push(new PyFloat(bytes.readDoubleBE(pos)));
          pos += 8;
          break;
        case 0x95: // FRAME; only checked, all bytes are at hand anyway
          if (length(pos, 8) > size - pos - 8) fail("a frame is longer than the pickle");
          pos += 8;
          break;
        case 0x80: // PROTO
          protocol = bytes[pos++] ?? fail("it ends inside the protocol");
          if (protocol > 5) fail(`protocol ${protocol} is not known`);
          break;
        case 0x2e: {
          // STOP
          const value = this.pop();
          this.checkDepth(value);
          if (protocol < 0) protocol = binary ? 1 : 0;
          return { value, protocol, end: pos, byteStrings };
        }
        case 0x85: // TUPLE1
        case 0x86: // TUPLE2
        case 0x87: {
          // TUPLE3
          const start = stack.length - (op - 0x84);
          if (start < this.floor) fail("the stack is too short for a tuple");
          this.make(new PyTuple(stack.splice(start)));
          break;
        }
        case 0x29: // EMPTY_TUPLE
          binary = true;
          this.make(new PyTuple([]));
          break;
        case 0x74: // TUPLE
          this.make(new PyTuple(this.unmark()));
          break;
        case 0x8a: // LONG1
        case 0x8b: {
          // LONG4
          const width = op === 0x8a ? 1 : 4;
          const n = length(pos, width);
          pos += width;
          if (pos + n > size) fail("it ends inside an int");
          if (n > this.maxIntBytes) throw problem("too_large", `An int has ${n} bytes.`);
          stack.push(bytesInt(bytes, pos, pos + n));
          pos += n;
          break;
        }
        case 0x43: // SHORT_BINBYTES
        case 0x42: // BINBYTES
        case 0x8e: // BINBYTES8
        case 0x96: {
          // BYTEARRAY8
          const width = op === 0x43 ? 1 : op === 0x42 ? 4 : 8;
          const n = length(pos, width);
          const content = raw(pos + width, n);
          pos += width + n;
          stack.push(op === 0x96 ? new PyByteArray(content) : content);
          break;
        }
        case 0x8d: {
          // BINUNICODE8
          const n = length(pos, 8);
          stack.push(ascii(pos + 8, n));
          pos += 8 + n;
          break;
        }
        case 0x55: // SHORT_BINSTRING
        case 0x54: {
          // BINSTRING
          binary = true;
          const width = op === 0x55 ? 1 : 4;
          const n = length(pos, width);
          pos += width + n;
          if (pos > size) fail("it ends inside a str");
          stack.push(byteString(latin.slice(pos - n, pos)));
          break;
        }
        case 0x53: // STRING
          stack.push(byteString(quoted(line(pos))));
          break;
        case 0x56: // UNICODE
          stack.push(rawUnicode(line(pos)));
          break;
        case 0x49: {
          // INT, bools of protocols 0 and 1 too
          const text = line(pos);
          stack.push(text === "00" ? false : text === "01" ? true : decimalInt(text));
          break;
        }
        case 0x4c: // LONG
          stack.push(decimalInt(line(pos).replace(/L$/, "")));
          break;
        case 0x46: // FLOAT
          stack.push(new PyFloat(decimalFloat(line(pos))));
          break;
        case 0x70: // PUT
          this.put(Number(decimalInt(line(pos))), this.top());
          break;
        case 0x67: // GET
          stack.push(this.get(Number(decimalInt(line(pos)))));
          break;
        case 0x72: // LONG_BINPUT
          this.put(length(pos, 4), this.top());
          pos += 4;
          break;
        case 0x6a: // LONG_BINGET
          stack.push(this.get(length(pos, 4)));
          pos += 4;
          break;
        case 0x30: // POP; takes a mark where one is on top
          if (stack.length === this.floor) this.unmark();
          else this.pop();
          break;
        case 0x31: // POP_MARK
          this.unmark();
          break;
        case 0x32: // DUP
          stack.push(this.top());
          break;
        case 0x64: // DICT
          this.dict(this.unmark());
          break;
        case 0x6c: // LIST
          this.make(this.unmark());
          break;
        case 0x8f: // EMPTY_SET
          this.make(new PySet([], false));
          break;
        case 0x90: // ADDITEMS
          this.addItems(true);
          break;
        case 0x91: // FROZENSET
          this.frozenset();
          break;
        case 0x63: {
          // GLOBAL
          const module = line(pos);
          this.global(module, line(pos));
          break;
        }
        case 0x93: {
          // STACK_GLOBAL
          const name = this.pop();
          const module = this.pop();
          if (typeof name === "string" && typeof module === "string") this.global(module, name);
          else fail("a class name is no text");
          break;
        }
        case 0x52: {
          // REDUCE
          const args = this.pop();
          const maker = this.pop();
          if (!(args instanceof PyTuple) || !(maker instanceof PyObject))
            fail("a call has no class or no arguments");
          else
            this.make(
              recognise(maker, args) ?? new PyObject(maker.className, "reduce", args, maker),
            );
          break;
        }
        case 0x81: {
          // NEWOBJ
          const args = this.pop();
          if (args instanceof PyTuple) this.object("newobj", args, this.pop());
          else fail("arguments are no tuple");
          break;
        }
        case 0x92: {
          // NEWOBJ_EX
          const kwargs = this.pop();
          const args = this.pop();
          this.object("newobj_ex", new PyTuple([args, kwargs]), this.pop());
          break;
        }
        case 0x62: {
          // BUILD
          const state = this.pop();
          this.build(state);
          break;
        }
        case 0x69: {
          // INST
          const module = line(pos);
          const name = line(pos);
          const args = this.unmark();
          this.global(module, name);
          this.object("inst", new PyTuple(args), this.pop());
          break;
        }
        case 0x6f: {
          // OBJ
          const [maker, ...args] = this.unmark();
          this.object("obj", new PyTuple(args), maker ?? null);
          break;
        }
        case 0x50: // PERSID
        case 0x51: // BINPERSID
          this.make(new PyObject("persistent id", "persid", op === 0x50 ? line(pos) : this.pop()));
          break;
        case 0x82: // EXT1
        case 0x83: // EXT2
        case 0x84: {
          // EXT4
          const width = op === 0x84 ? 4 : op - 0x81;
          if (pos + width > size) fail("it ends inside an extension code");
          const code = bytes.readUIntLE(pos, width);
          pos += width;
          this.make(new PyObject(`extension ${code}`, "ext", code));
          break;
        }
        default:
          fail(
            `there is no opcode 0x${op?.toString(16).padStart(2, "0")}, or none that can be read`,
          );
      }
    }
  }
}
