/** jobs.*: what runs in the background. */
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const jobRoutes = ({ jobs }: Services) => ({
  list: os.jobs.list.handler(({ input }) => jobs.list(input.connection)),
  watch: os.jobs.watch.handler(({ input, signal }) => jobs.watch(input.job, signal)),
  pause: os.jobs.pause.handler(({ input }) => jobs.pause(input.job)),
  resume: os.jobs.resume.handler(({ input }) => jobs.resume(input.job)),
  stop: os.jobs.stop.handler(({ input }) => jobs.stop(input.job)),
});
