/** A node an encoder cannot reproduce, on its way up to the encoder's entry, which knows the root. */
import { type ProblemError, problem } from "../problem.ts";
import { findPath, pathText } from "./path.ts";
import { typeName } from "./type-name.ts";
import type { PyValue } from "./value.ts";

export class Unwritable extends Error {
  private readonly node: PyValue;
  constructor(node: PyValue, why: string) {
    super(why);
    this.node = node;
  }

  /** `not_writable` with detail path, "" being the root itself, and class, Python's type name. */
  problem(root: PyValue): ProblemError {
    const path = pathText(findPath(root, this.node) ?? []);
    return problem("not_writable", `${this.message}${path && ` (${path})`}.`, undefined, {
      path,
      class: typeName(this.node),
    });
  }
}
