/**
 * The stack, marks and memo of the pickle machine, and what puts children into a value under construction.
 *
 * Items between a mark and the top belong together; nothing is ever popped from below the last mark.
 * Every violation throws a RangeError, which the machine reports as a corrupt pickle.
 */
import { problem } from "../problem.ts";
import { isHashable, keyOf } from "./equal.ts";
import { children } from "./path.ts";
import { uuidOf } from "./pickle-known.ts";
import {
  maxDepth,
  type PyDict,
  PyObject,
  type PyObjectHow,
  PySet,
  type PyTuple,
  type PyValue,
} from "./value.ts";

export type PickleLimits = {
  /** Nesting, `too_deep` beyond. */
  maxDepth?: number;
  /** Lists, tuples, dicts, sets and objects in all, `too_large` beyond. */
  maxContainers?: number;
  /** Bytes of an int, `too_large` beyond. */
  maxIntBytes?: number;
};

export const fail = (message: string): never => {
  throw new RangeError(message);
};

export class PickleStack {
  protected readonly stack: PyValue[] = [];
  /** The length of the stack at the last mark. */
  protected floor = 0;
  protected memoized = 0;
  private readonly marks: number[] = [];
  private readonly memo: PyValue[] = [];
  private readonly memoSize: number;
  private readonly deepest: number;
  private readonly maxContainers: number;
  private containers = 0;
  /** Characters left for the texts keys are compared by; one huge key can be set again and again. */
  private keyRoom = 1 << 24;
  /** For dicts with keys other than text: the key first used for each that is equal to it in Python. */
  private keys: Map<PyDict, Map<string, PyValue>> | undefined;

  constructor(size: number, limits: PickleLimits) {
    this.memoSize = size;
    this.deepest = limits.maxDepth ?? maxDepth;
    this.maxContainers = limits.maxContainers ?? 2_000_000;
  }

  protected top(): PyValue {
    const { stack } = this;
    if (stack.length <= this.floor) fail("the stack is empty");
    return stack[stack.length - 1] ?? null;
  }

  protected pop(): PyValue {
    if (this.stack.length <= this.floor) fail("the stack is empty");
    return this.stack.pop() ?? null;
  }

  /** Pushes a new value which may have children. */
  protected make(value: PyValue): void {
    if (++this.containers > this.maxContainers)
      throw problem("too_large", `The pickle builds more than ${this.maxContainers} objects.`);
    this.stack.push(value);
  }

  protected mark(): void {
    this.floor = this.stack.length;
    this.marks.push(this.floor);
  }

  /** Where the items above the last mark begin; the mark leaves the stack, they do not. */
  private unmarked(): number {
    const start = this.marks.pop() ?? fail("there is no mark");
    this.floor = this.marks[this.marks.length - 1] ?? 0;
    return start;
  }

  /** Everything above the last mark, and the mark itself, leaves the stack. */
  protected unmark(): PyValue[] {
    return this.stack.splice(this.unmarked());
  }

  /** The value below the last mark, which the items above it are for. */
  private target(start: number): PyValue {
    if (start <= this.floor) fail("the stack is empty");
    return this.stack[start - 1] ?? null;
  }

  protected put(index: number, value: PyValue): void {
    if (!(index >= 0 && index <= this.memoSize)) fail("a memo index is greater than the pickle");
    const { memo } = this;
    if (index < memo.length) {
      if (memo[index] === missing) this.memoized++;
      memo[index] = value;
      return;
    }
    // Gaps would turn the array into a slow dictionary; CPython leaves none.
    if (index > memo.length + 1024) fail("the memo has a large gap");
    while (memo.length < index) memo.push(missing);
    memo.push(value);
    this.memoized++;
  }

  protected get(index: number): PyValue {
    const value = this.memo[index];
    if (value === undefined || value === missing) fail(`the memo holds nothing at ${index}`);
    return value ?? null;
  }

  protected setItem(target: PyValue, key: PyValue, value: PyValue): void {
    if (target instanceof Map) {
      if (typeof key === "string") target.set(key, value);
      else target.set(this.sameKey(target, key), value);
    } else if (target instanceof PyObject) target.entries.push([key, value]);
    else fail("a key is set on something else than a dict");
  }

  /** SETITEMS: keys and values above the last mark go into what is below it. */
  protected setItems(): void {
    const { stack } = this;
    const start = this.unmarked();
    const target = this.target(start);
    if ((stack.length - start) % 2 === 1) fail("a dict has a key without a value");
    for (let i = start; i < stack.length; i += 2)
      this.setItem(target, stack[i] ?? null, stack[i + 1] ?? null);
    stack.length = start;
  }

  /** The key of `dict` that Python holds equal to this one: 1, 1.0 and True are one key. */
  private sameKey(dict: PyDict, key: PyValue): PyValue {
    if (typeof key === "object" && !isHashable(key)) fail("a key cannot be hashed");
    this.keys ??= new Map();
    let known = this.keys.get(dict);
    if (known === undefined) {
      known = new Map();
      this.keys.set(dict, known);
    }
    const text = keyOf(key);
    this.keyRoom -= text.length;
    if (this.keyRoom < 0) throw problem("too_large", "The keys of the pickle are too long.");
    const first = known.get(text);
    if (first !== undefined) return first;
    known.set(text, key);
    return key;
  }

  protected frozenset(): void {
    const items = this.unmark();
    if (!items.every(isHashable)) fail("a member of a set cannot be hashed");
    this.make(new PySet(items, true));
  }

  /** DICT: the items make a new dict. */
  protected dict(items: readonly PyValue[]): void {
    const dict: PyDict = new Map();
    this.make(dict);
    if (items.length % 2 === 1) fail("a dict has a key without a value");
    for (let i = 0; i < items.length; i += 2)
      this.setItem(dict, items[i] ?? null, items[i + 1] ?? null);
  }

  protected append(target: PyValue, item: PyValue): void {
    if (Array.isArray(target)) target.push(item);
    else if (target instanceof PyObject) target.items.push(item);
    else fail("an item is appended to something else than a list");
  }

  /** APPENDS and ADDITEMS: items above the last mark go into what is below it. */
  protected addItems(toSet: boolean): void {
    const { stack } = this;
    const start = this.unmarked();
    const target = this.target(start);
    if (toSet && !(target instanceof PySet && !target.frozen) && !(target instanceof PyObject))
      fail("an item is added to something else than a set");
    const into = target instanceof PySet && toSet ? target.items : target;
    for (let i = start; i < stack.length; i++) {
      const item = stack[i] ?? null;
      if (into !== target && !isHashable(item)) fail("a member of a set cannot be hashed");
      this.append(into, item);
    }
    stack.length = start;
  }

  protected global(module: string, name: string): void {
    this.make(new PyObject(`${module}.${name}`, "global", null, null, module));
  }

  protected object(how: PyObjectHow, args: PyTuple, maker: PyValue): void {
    if (maker instanceof PyObject) this.make(new PyObject(maker.className, how, args, maker));
    else fail("a class is expected");
  }

  protected build(state: PyValue): void {
    const object = this.top();
    if (!(object instanceof PyObject)) {
      fail("state is set on something that has none");
      return;
    }
    const uuid = uuidOf(object, state);
    if (uuid === undefined) {
      object.state = state;
      return;
    }
    this.stack[this.stack.length - 1] = uuid;
    // Its memo entry is one of the last: only the state came after it.
    for (let i = this.memo.length - 1; i >= 0 && i > this.memo.length - 16; i--)
      if (this.memo[i] === object) this.memo[i] = uuid;
  }

  /** Throws `too_deep`; shared children are looked at once, recursion does not count. */
  protected checkDepth(root: PyValue): void {
    if (this.containers <= this.deepest) return;
    const heights = new Map<PyValue, number>();
    const tooDeep = problem("too_deep", `The pickle is nested deeper than ${this.deepest} levels.`);
    const height = (value: PyValue, level: number): number => {
      if (typeof value !== "object" || value === null) return 0;
      const known = heights.get(value);
      if (level + (known ?? 0) > this.deepest) throw tooDeep;
      if (known !== undefined) return known;
      heights.set(value, 0);
      let most = 0;
      for (const [, child] of children(value))
        if (typeof child === "object") most = Math.max(most, height(child, level + 1));
      if (value instanceof Map)
        for (const key of value.keys())
          if (typeof key === "object") most = Math.max(most, height(key, level + 1));
      heights.set(value, most + 1);
      return most + 1;
    };
    height(root, 1);
  }
}

/** Fills gaps of the memo; never a value. */
const missing: PyValue = new PyObject("", "global");
