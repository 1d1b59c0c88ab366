/** Finds a Python that has Django: DJANGO_PYTHON, Debian's, or the one on PATH. The oracle of many tests. */
import { spawnSync } from "node:child_process";

let found: { python: string; version: string } | undefined;

/** The interpreter and Django's version; throws where there is none, saying how to get it. */
export function djangoPython(): { python: string; version: string } {
  found ??= [process.env["DJANGO_PYTHON"], "/usr/bin/python3", "python3"]
    .filter((name) => name !== undefined)
    .map((python) => {
      const asked = spawnSync(python, ["-c", "import django; print(django.__version__)"], {
        encoding: "utf8",
      });
      return { python, version: asked.status === 0 ? asked.stdout.trim() : "" };
    })
    .find(({ version }) => version !== "");
  if (!found)
    throw new Error(
      "No Python with Django: install python3-django (Debian) or set DJANGO_PYTHON to an interpreter that has it.",
    );
  return found;
}
