/**
 * The files of a project: read within bounds, never outside of its folder, and parsed as Python.
 *
 * A symbolic link that leads out of the folder is refused like a path that does; a pipe or a device is
 * no file. Parsing stops after a time, since error recovery makes garbage slow (23 s for 1 MB).
 */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Tree } from "@lezer/common";
import { parser } from "@lezer/python";
import { type ProblemError, problem } from "../../problem.ts";

export const mostFiles = 200;
export const mostBytes = 256 * 1024;
const parseMs = 1500;

export class Sources {
  /** The real path of the project's folder. */
  readonly root: string;
  #read = 0;
  readonly #texts = new Map<string, string>();

  /** cannot_open where the folder is none. */
  constructor(folder: string) {
    if (folder.includes("\0")) throw problem("bad_request", "The path holds U+0000.");
    try {
      this.root = realpathSync(resolve(folder));
    } catch {
      throw problem("cannot_open", `There is no folder ${folder}.`, undefined, { path: folder });
    }
    if (!statSync(this.root).isDirectory())
      throw problem("cannot_open", `${folder} is no folder.`, "Choose the folder of manage.py.", {
        path: folder,
      });
  }

  /** As shown: relative to the project. */
  shown(path: string): string {
    const short = relative(this.root, path);
    return short === "" ? "." : short.startsWith("..") || isAbsolute(short) ? path : short;
  }

  /** A file's real path inside of the project; null: no such file there. */
  find(path: string): string | null {
    if (path.includes("\0")) return null;
    try {
      const real = realpathSync(resolve(this.root, path));
      return this.#inside(real) && statSync(real).isFile() ? real : null;
    } catch {
      return null;
    }
  }

  /** True: a file or folder; null: outside of the project, which is not looked at. */
  exists(path: string): boolean | null {
    const full = resolve(this.root, path);
    if (!this.#inside(full)) return null;
    try {
      return this.#inside(realpathSync(full)) ? true : null;
    } catch {
      return false;
    }
  }

  #inside(path: string): boolean {
    return (
      path === this.root || path.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)
    );
  }

  /** A file's text, BOM left out. too_large, corrupt (U+0000, no UTF-8) or cannot_open; each names the file. */
  text(path: string): string {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const shown = this.shown(path);
    if (++this.#read > mostFiles)
      throw this.#refused("too_large", shown, `More than ${mostFiles} files are imported.`);
    const bytes = this.#bytes(path, shown);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw this.#refused("corrupt", shown, `${shown} is no UTF-8 text.`);
    }
    if (text.includes("\0")) throw this.#refused("corrupt", shown, `${shown} holds U+0000.`);
    this.#texts.set(path, text);
    return text;
  }

  #bytes(path: string, shown: string): Uint8Array {
    const found = this.find(path);
    if (found === null)
      throw this.#refused("cannot_open", shown, `${shown} is no file of the project.`);
    try {
      const file = openSync(found, "r");
      try {
        const { size } = fstatSync(file);
        if (size > mostBytes)
          throw this.#refused(
            "too_large",
            shown,
            `${shown} is larger than ${mostBytes / 1024} KiB.`,
          );
        const bytes = Buffer.alloc(size);
        return bytes.subarray(0, readSync(file, bytes, 0, size, 0));
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      throw this.#refused("cannot_open", shown, `${shown} cannot be read (${error.code}).`);
    }
  }

  /** too_large for a text whose parsing takes too long, too_deep for one nested beyond the parser's own stack. */
  parse(text: string, shown: string): Tree {
    const until = performance.now() + parseMs;
    try {
      const parse = parser.startParse(text);
      for (let step = 0; ; step++) {
        const tree = parse.advance();
        if (tree) return tree;
        if (step % 512 === 0 && performance.now() > until)
          throw this.#refused("too_large", shown, `${shown} takes too long to read.`);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#refused("too_deep", shown, `${shown} is nested too deeply.`);
    }
  }

  #refused(
    code: "too_large" | "too_deep" | "corrupt" | "cannot_open",
    file: string,
    text: string,
  ): ProblemError {
    return problem(code, text, undefined, { file });
  }

  /** The file of a dotted module, from a folder of the project; null where the project has none. */
  moduleFile(folder: string, dotted: string): string | null {
    if (!/^[\p{L}\p{N}_.]*$/u.test(dotted)) return null;
    const base = join(folder, ...dotted.split(".").filter((part) => part !== ""));
    return this.find(join(base, "__init__.py")) ?? (dotted === "" ? null : this.find(`${base}.py`));
  }
}
