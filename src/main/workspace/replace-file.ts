/** A file of the app's own, replaced as a whole: written beside it, then put in its place, readable for its owner alone. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { problem } from "../problem.ts";

/** disk_full, or cannot_open where the folder cannot be written to; the old file then stays as it was. */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.new`;
  try {
    writeFileSync(fresh, text, { mode: 0o600 });
    const file = openSync(fresh, "r+");
    fsyncSync(file);
    closeSync(file);
    renameSync(fresh, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    rmSync(fresh, { force: true });
    if (code === "ENOSPC" || code === "EDQUOT")
      throw problem(
        "disk_full",
        `The disk that holds ${path} is full; what was saved before is still there.`,
        "Free some space and save again.",
        { path, code },
      );
    throw problem(
      "cannot_open",
      `${path} cannot be written: ${code}.`,
      "SESSIONSCOPE_HOME names another folder for the app's data.",
      { path, code },
    );
  }
}
