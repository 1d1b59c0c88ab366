/** Finding a project's manage.py, the settings module it names, and the version of Django it runs with. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ProblemError, problem } from "../../problem.ts";
import { evaluate } from "./expression.ts";
import type { Reader } from "./reader.ts";
import type { Sources } from "./source.ts";
import { argumentsOf, children, source } from "./tree.ts";
import { Module } from "./value.ts";

const mostEntries = 500;

/** manage.py in the folder or right below it; null: there is none. */
export function findManage(sources: Sources): string | null {
  const here = sources.find("manage.py");
  if (here !== null) return here;
  const below = foldersIn(sources, sources.root).map((name) =>
    sources.find(join(name, "manage.py")),
  );
  return below.find((file) => file !== null) ?? null;
}

function foldersIn(sources: Sources, folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .slice(0, mostEntries)
      .filter(
        (entry) =>
          entry.isDirectory() && !/^[._]|^(node_modules|venv|env|static|media)$/.test(entry.name),
      )
      .map(({ name }) => name)
      .sort();
  } catch {
    throw problem("cannot_open", `${sources.shown(folder)} cannot be read.`);
  }
}

export interface NamedModule {
  name: string;
  from: string;
}

/** The module that `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` names in manage.py, wsgi.py or asgi.py. */
export function namedIn(reader: Reader, file: string): NamedModule | null {
  const { sources } = reader;
  try {
    const module = new Module("__main__", file, sources.text(file));
    const scope = { reader, module, names: module.names };
    let found: NamedModule | null = null;
    sources.parse(module.text, sources.shown(file)).iterate({
      enter: ({ node }) => {
        if (found || node.name !== "CallExpression") return !found;
        const [target, list] = children(node);
        if (!target || !list || !/environ\.setdefault$/.test(source(scope, target))) return true;
        const [name, value] = argumentsOf(scope, list);
        if (!name || !value || !source(scope, name.node).includes("DJANGO_SETTINGS_MODULE"))
          return true;
        const { data, origin } = evaluate(scope, value.node);
        if (typeof data === "string")
          found = { name: data, from: `${origin.file}, line ${origin.line}` };
        return false;
      },
    });
    return found;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    reader.note(error.problem);
    return null;
  }
}

/** Modules that look like settings, as Python names them from manage.py's folder. */
export function settingsModules(sources: Sources, from: string): string[] {
  const found: string[] = [];
  const add = (file: string, dotted: string) => {
    if (found.length < 50 && sources.find(file) !== null) found.push(dotted);
  };
  add(join(from, "settings.py"), "settings");
  for (const name of foldersIn(sources, from)) {
    add(join(from, name, "settings.py"), `${name}.settings`);
    for (const folder of [name, join(name, "settings")]) {
      if (!existsSync(join(from, folder)) || !/settings$/.test(folder)) continue;
      for (const file of readdirSync(join(from, folder)).slice(0, mostEntries).sort())
        if (/^[A-Za-z]\w*\.py$/.test(file))
          add(join(from, folder, file), `${folder.replaceAll(/[/\\]/g, ".")}.${file.slice(0, -3)}`);
    }
  }
  return found;
}

const lockFiles = [
  "poetry.lock",
  "uv.lock",
  "pdm.lock",
  "Pipfile.lock",
  "requirements.lock",
  "requirements.txt",
  "requirements/base.txt",
  "requirements/production.txt",
  "requirements/prod.txt",
  "pyproject.toml",
  "Pipfile",
  "setup.cfg",
];

const versionPatterns = [
  /^name = "django"\nversion = "(\d[\w.]*)"/im,
  /"django":\s*\{[^}]*"version":\s*"==(\d[\w.]*)"/i,
  /^\s*["']?django["']?\s*(?:\[[\w,]*\])?\s*(?:=\s*["']|[=~>^<! ]+)[=~>^<! ]*(\d[\w.]*)/im,
];

/** The first file that names one: lock files before what only gives bounds. */
export function djangoVersion(
  sources: Sources,
  folder: string,
): { version: string; file: string } | null {
  for (const base of new Set([folder, sources.root, dirname(folder)]))
    for (const name of lockFiles) {
      const file = sources.find(join(base, name));
      if (file === null) continue;
      try {
        const text = sources.text(file).replaceAll("\r\n", "\n");
        for (const pattern of versionPatterns) {
          const version = pattern.exec(text)?.[1];
          if (version !== undefined) return { version, file: sources.shown(file) };
        }
      } catch {
        // Too large to be read here: another file may say it.
      }
    }
  return null;
}
