/** A file system of so many kilobytes, to be filled: a tmpfs, which only root may mount. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "./process.ts";

export interface SmallDisk {
  readonly path: string;
  /** Fills all of it but so many bytes. */
  fill(leaving?: number): void;
  /** Removes what it was filled with. */
  free(): void;
  close(): void;
}

/** null: this user may mount nothing. */
export function smallDisk(kilobytes: number): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), "sessionscope-disk-"));
  const options = ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", path];
  if (process.getuid?.() !== 0 || spawnSync("mount", options).status !== 0) {
    rmdirSync(path);
    return null;
  }
  const filler = join(path, "filler");
  return {
    path,
    fill(leaving = 0) {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leaving)));
    },
    free: () => rmSync(filler, { force: true }),
    close() {
      must("umount", [path]);
      rmdirSync(path);
    },
  };
}

/** Whether full disks can be tried here; where not, the tests of them are shown as skipped. */
export const canFillDisks = ((): boolean => {
  const disk = smallDisk(64);
  disk?.close();
  return disk !== null;
})();
