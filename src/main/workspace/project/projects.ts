/** Projects that were read, with their secrets, which stay here; bounded, the oldest go first. */
import type { Secrets } from "../../../shared/connection.ts";
import type { Project } from "../../../shared/project.ts";
import { problem } from "../../problem.ts";
import { type ReadProject, type ReadRequest, readProject } from "./read.ts";

export interface Projects {
  read(request: ReadRequest): Project;
  /** not_found for a handle of another host, or one that was read too long ago. */
  get(handle: string): ReadProject;
  /** The secrets of a proposal's handle, "<project>/<proposal>". */
  secrets(handle: string): Secrets;
}

const most = 20;

export function createProjects(env: NodeJS.ProcessEnv): Projects {
  const held = new Map<string, ReadProject>();
  const get = (handle: string): ReadProject => {
    const found = held.get(handle);
    if (!found) throw problem("not_found", "This project is not known any more.", "Open it again.");
    return found;
  };
  return {
    read(request) {
      const made = readProject(request, env);
      held.set(made.project.handle, made);
      for (const oldest of held.keys()) if (held.size > most) held.delete(oldest);
      return made.project;
    },
    get,
    secrets(handle) {
      const [project = "", proposal = ""] = handle.split("/");
      const found = get(project).secrets.get(proposal);
      if (!found) throw problem("not_found", "This project proposes no such place.");
      return found;
    },
  };
}
