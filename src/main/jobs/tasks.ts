/** The tasks a worker thread can run, by name. */
import { count } from "./count.ts";
import { histogramTask } from "./histogram.ts";
import { findUserSessions } from "./logout-find.ts";
import { purgePreview } from "./purge-preview.ts";
import { purgeTask } from "./purge-task.ts";
import type { TaskTable } from "./run-task-thread.ts";
import { rangeTotal, scanPart } from "./scan-part.ts";

export const tasks: TaskTable = {
  count,
  histogram: histogramTask,
  rangeTotal,
  scan: scanPart,
  findUserSessions,
  purge: purgeTask,
  purgePreview,
};
