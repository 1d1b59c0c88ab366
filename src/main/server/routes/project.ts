/** project.*: a Django project's settings, read as text, and the stores they lead to. */
import { hash } from "node:crypto";
import { problem } from "../../problem.ts";
import { checkProject } from "../../workspace/project/check.ts";
import { sampleOf } from "../../workspace/sample.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const projectRoutes = ({ projects, stores }: Services) => ({
  read: os.project.read.handler(({ input }) => projects.read(input)),
  open: os.project.open.handler(({ input }) => {
    const { proposals, folder } = projects.get(input.project).project;
    const proposal = proposals.find(({ id }) => id === input.proposal);
    if (!proposal?.connection)
      throw problem("not_found", proposal?.why ?? "This project proposes no such place.");
    const { connection } = proposal;
    const id = `p-${hash("sha256", `${folder}#${proposal.driver}#${proposal.id}`).slice(0, 16)}`;
    const options = { ...connection.options, ...input.options };
    const handle = proposal.handle ?? undefined;
    return stores.openUnsaved({ ...connection, id, options }, { ...input.secrets, handle });
  }),
  check: os.project.check.handler(async ({ input }) => {
    const { project } = projects.get(input.project);
    const { store, recipe } = stores.reading(input.connection);
    const { sampled, serializers } = await sampleOf(store, recipe.keys);
    const hasKey = !!recipe.keys.secretKey || recipe.keys.fallbacks.length > 0;
    return checkProject(project.settings, {
      store,
      settings: recipe.settings,
      sampled,
      serializers,
      hasKey,
    });
  }),
});
