/** The file system's errors as problems. */
import { type ProblemError, problem } from "../problem.ts";

/** The code of a file system error, else undefined. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;

export const gone = (folder: string): ProblemError =>
  problem(
    "store_gone",
    `The folder ${folder} was removed or moved while it was open.`,
    "Connect again.",
    { path: folder },
  );

/** A failed write; nothing of the session that was there has changed. */
export function writeProblem(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const detail = { path: folder, code };
  if (code === "ENOSPC" || code === "EDQUOT")
    return problem(
      "disk_full",
      "The disk is full; nothing was changed.",
      "Free some space and run it again.",
      detail,
    );
  if (code === "EROFS" || code === "EACCES" || code === "EPERM")
    return problem(
      "read_only",
      `This user may not change files in ${folder} (${code}).`,
      undefined,
      detail,
    );
  return problem("store_failed", `Writing in ${folder} failed (${code}).`, undefined, detail);
}

/** A failed read of the folder itself, while it is being opened. */
export function openProblem(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const reasons: Record<string, string> = {
    ENOENT: "does not exist",
    ENOTDIR: "is a file; a folder of session files is expected",
    EACCES: "may not be read by this user",
    EPERM: "may not be read by this user",
    ELOOP: "is a circle of symbolic links",
    ENAMETOOLONG: "is too long for a path",
  };
  return problem(
    "cannot_open",
    `${folder} ${reasons[code] ?? `cannot be read (${code})`}.`,
    undefined,
    {
      path: folder,
      code,
    },
  );
}
