/**
 * Variables a project's settings ask for: what was answered, `.env` files, and the environment of this app.
 *
 *     export DB_HOST=db.example.org   # a comment
 *     SECRET_KEY='with # and spaces'
 *
 * Quotes as python-dotenv and django-environ have them: double ones know \n and \", single ones nothing.
 */
import { dirname, join } from "node:path";
import type { Sources } from "./source.ts";
import type { Origin } from "./value.ts";

export interface Variable {
  text: string;
  origin: Origin;
}

const most = 2000;
const composed = {
  files: [".django", ".postgres", ".mysql", ".redis"],
  scripts: ["production/django/entrypoint", "local/django/entrypoint"],
};

/** KEY=value lines, later ones over earlier ones. */
export function parseDotenv(text: string): Map<string, { text: string; line: number }> {
  const found = new Map<string, { text: string; line: number }>();
  const pattern =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(?:'((?:[^'\\]|\\[\s\S])*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\r\n]*))/gm;
  let line = 1;
  let seen = 0;
  for (const match of text.matchAll(pattern)) {
    if (found.size >= most) break;
    const [, name = "", single, double, bare = ""] = match;
    for (; seen < match.index; seen++) if (text[seen] === "\n") line++;
    const value =
      single?.replace(/\\(['\\])/g, "$1") ??
      double?.replace(/\\([nrt"\\$])/g, (_, sign: string) => escapes[sign] ?? sign) ??
      bare.replace(/(?:^|[ \t])#.*$/, "").trim();
    found.set(name, { text: value, line });
  }
  return found;
}

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

export class Variables {
  readonly #sources: Sources;
  readonly #answers: Record<string, string>;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #files = new Map<string, Variable>();
  readonly #loaded = new Set<string>();
  /** Names that were asked for and are set nowhere. */
  readonly missing = new Set<string>();
  /** Names whose values were used. */
  readonly used = new Set<string>();

  constructor(sources: Sources, answers: Record<string, string>, environment: NodeJS.ProcessEnv) {
    this.#sources = sources;
    this.#answers = answers;
    this.#environment = environment;
  }

  /** Reads an env file once; names that are set already stay. True where there is one. Problems: those of Sources.text. */
  load(path: string, override = false): boolean {
    const real = this.#sources.find(path);
    if (real === null) return false;
    if (this.#loaded.has(real) && !override) return true;
    this.#loaded.add(real);
    const file = this.#sources.shown(real);
    for (const [name, { text, line }] of parseDotenv(this.#sources.text(real)))
      if (override || !this.#files.has(name))
        this.#files.set(name, { text, origin: { file, line, how: `variable ${name} in ${file}` } });
    return true;
  }

  /**
   * cookiecutter-django's `.envs/.local/.django` for config.settings.local, and what its container's entrypoint makes
   * of them: `export DATABASE_URL="postgres://${POSTGRES_USER}:…"`.
   */
  loadComposed(folder: string, settingsModule: string): void {
    const stage = /\.(\w+)$/.exec(settingsModule)?.[1] ?? "";
    for (const name of composed.files) this.load(join(folder, ".envs", `.${stage}`, name));
    for (const name of composed.scripts) {
      const script = this.#sources.find(join(folder, "compose", name));
      if (script === null) continue;
      const file = this.#sources.shown(script);
      for (const [index, line] of this.#sources.text(script).split("\n").entries()) {
        const [, key = "", given = ""] = /^export (\w+)="([^"]*)"/.exec(line) ?? [];
        if (key === "" || this.#find(key)) continue;
        const text = given.replace(/\$\{(\w+)\}/g, (whole, one) => this.#find(one)?.text ?? whole);
        const how = `variable ${key} in ${file}`;
        if (!text.includes("$"))
          this.#files.set(key, { text, origin: { file, line: index + 1, how } });
      }
    }
  }

  /** python-decouple and find_dotenv: the nearest file of a name, from a folder upwards. */
  loadUpwards(from: string, names: string[]): boolean {
    for (let folder = from; ; folder = dirname(folder)) {
      for (const name of names) if (this.load(join(folder, name))) return true;
      if (folder === this.#sources.root || dirname(folder) === folder) return false;
    }
  }

  get(name: string): Variable | null {
    const found = this.#find(name);
    (found ? this.used : this.missing).add(name);
    return found;
  }

  #find(name: string): Variable | null {
    const answer = Object.hasOwn(this.#answers, name) ? this.#answers[name] : undefined;
    if (answer !== undefined)
      return {
        text: answer,
        origin: { file: "", line: 0, how: `variable ${name}, as given here` },
      };
    const filed = this.#files.get(name);
    if (filed) return filed;
    const own = this.#environment[name];
    if (own === undefined) return null;
    return {
      text: own,
      origin: { file: "", line: 0, how: `variable ${name} in this app's own environment` },
    };
  }
}
