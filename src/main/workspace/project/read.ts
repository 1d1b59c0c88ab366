/** Opens a Django project: its settings read as text, and the places proposed from them. */
import { randomUUID } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import type { Secrets } from "../../../shared/connection.ts";
import type { Project } from "../../../shared/project.ts";
import { problem } from "../../problem.ts";
import { Variables } from "./dotenv.ts";
import { djangoVersion, findManage, namedIn, settingsModules } from "./find.ts";
import { engineOf, placesOf, proposed } from "./proposals.ts";
import { Reader } from "./reader.ts";
import { keysOfModule, settingsOf } from "./settings.ts";
import { Sources } from "./source.ts";
import type { Module } from "./value.ts";

export interface ReadRequest {
  path: string;
  settingsModule?: string | undefined;
  /** Values of environment variables the page asked for. */
  variables?: Record<string, string> | undefined;
}

export interface ReadProject {
  project: Project;
  module: Module;
  /** Secrets by proposal's id. */
  secrets: Map<string, Secrets>;
}

/** cannot_open: no folder; not_found: no settings module (`detail.modules` lists what looks like one). */
export function readProject(request: ReadRequest, env: NodeJS.ProcessEnv): ReadProject {
  const path = resolve(request.path.replace(/[/\\]manage\.py$/, ""));
  const sources = new Sources(path);
  const variables = new Variables(sources, request.variables ?? {}, env);
  const manage = findManage(sources);
  const folder = manage === null ? sources.root : dirname(manage);
  const reader = new Reader(sources, variables, [
    folder,
    join(folder, "src"),
    join(folder, "apps"),
  ]);
  for (const one of [folder, sources.root]) variables.load(join(one, ".env"));
  const modules = settingsModules(sources, folder);
  const chosen = chosenModule(request, reader, manage, modules);
  if (!chosen)
    throw problem(
      "not_found",
      manage === null
        ? "There is no manage.py in this folder."
        : "manage.py names no settings module.",
      modules.length > 0
        ? "Choose one of the modules that look like settings."
        : "Choose the folder of manage.py.",
      { modules },
    );
  variables.loadComposed(folder, chosen.name);
  const module = reader.module(chosen.name);
  if (!module)
    throw problem(
      "not_found",
      `The settings module ${chosen.name} is not in this project.`,
      undefined,
      { modules },
    );
  const django = djangoVersion(sources, folder);
  const { engine, reason } = engineOf(module, (dotted) => ownEngine(reader, dotted));
  const keys = keysOfModule(module);
  const names = [
    ...(keys.secretKey ? ["secretKey"] : []),
    ...(keys.fallbacks.length > 0 ? ["fallbacks"] : []),
  ];
  const handle = randomUUID();
  const secrets = new Map<string, Secrets>();
  const context = { module, folder, name: basename(folder) };
  const proposals = placesOf(context, engine).map((place, index) => {
    const { proposal, options } = proposed(context, place, reason, index, names);
    const held = proposal.secrets.length > 0 && proposal.available;
    if (held) secrets.set(proposal.id, { ...keys, options });
    return { ...proposal, handle: held ? `${handle}/${proposal.id}` : null };
  });
  const settings = settingsOf(module, django?.version ?? null);
  return {
    module,
    secrets,
    project: {
      handle,
      folder: sources.root,
      settingsModule: chosen.name,
      settingsFile: sources.shown(module.path),
      settingsFrom: chosen.from,
      otherModules: modules.filter((name) => name !== chosen.name),
      django,
      settings,
      proposals,
      asks: asksOf(settings),
      problems: reader.problems,
    },
  };
}

function chosenModule(
  request: ReadRequest,
  reader: Reader,
  manage: string | null,
  modules: string[],
) {
  if (request.settingsModule) return { name: request.settingsModule, from: "chosen here" };
  const set = reader.variables.get("DJANGO_SETTINGS_MODULE");
  if (set) return { name: set.text, from: set.origin.how };
  const named = manage === null ? null : namedIn(reader, manage);
  if (named) return named;
  const [only] = modules;
  return modules.length === 1 && only ? { name: only, from: "the only settings module" } : null;
}

/** The backend of Django's that a project's own engine imports; null where that is not to be seen. */
function ownEngine(reader: Reader, dotted: string): string | null {
  if (!reader.owns(dotted)) return null;
  const text = reader.module(dotted)?.text ?? "";
  return (
    /\bdjango\.contrib\.sessions\.backends\.(?:db|cache|cached_db|file|signed_cookies)\b/.exec(
      text,
    )?.[0] ?? null
  );
}

function asksOf(settings: Project["settings"]): Project["asks"] {
  const asks = new Map<string, Project["asks"][number]>();
  for (const { name, variable, known, why } of settings) {
    const wanted =
      variable ?? (known === "assumed" ? /^(\w+) is set nowhere/.exec(why ?? "")?.[1] : null);
    if (!wanted) continue;
    const ask = asks.get(wanted) ?? { variable: wanted, settings: [], secret: false };
    ask.settings.push(name);
    ask.secret ||= /SECRET|PASSWORD|_URL$|TOKEN/.test(`${wanted} ${name}`);
    asks.set(wanted, ask);
  }
  return [...asks.values()];
}
