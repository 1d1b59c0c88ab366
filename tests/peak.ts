/**
 * A bound on the memory of a whole test file, which is a process of its own: whatever damaged or hostile input its
 * tests make up, reading it never takes the process beyond.
 */
import { isMainThread } from "node:worker_threads";
import { afterAll, expect } from "vitest";

/** After all tests of the file, the most memory its process ever held is compared with so many MB. */
export function memoryStaysUnder(megabytes: number): void {
  afterAll(() => {
    // In a thread the figure would be that of all files together.
    expect(isMainThread).toBe(true);
    expect(process.resourceUsage().maxRSS / 1024).toBeLessThan(megabytes);
  });
}
