/** A worker thread's entry: tasks by name, over stores and a recycle bin opened from the recipe. */
import { serveTasks } from "./jobs/run-task-thread.ts";
import { tasks } from "./jobs/tasks.ts";
import { labTask } from "./simulator/lab-task.ts";
import { openContext } from "./workspace/open-context.ts";

serveTasks({ ...tasks, lab: labTask }, openContext);
