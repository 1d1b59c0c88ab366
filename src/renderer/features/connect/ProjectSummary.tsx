/** Beside a project's settings: what was read, and what is still missing. */
import { Check, FolderCode, Info, TriangleAlert } from "lucide-react";
import type { Project } from "../../../shared/project.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Text } from "../../ui/Text.tsx";

export function ProjectSummary({ project }: { project: Project | null }) {
  return (
    <aside className="result" aria-label="What was read" aria-live="polite" data-region="result">
      {project ? (
        <Facts project={project} />
      ) : (
        <EmptyState icon={FolderCode} title="Nothing read yet">
          manage.py names the settings module. It and what it imports are read as text, with .env
          files and the variables of this environment.
        </EmptyState>
      )}
    </aside>
  );
}

function Facts({ project }: { project: Project }) {
  const unknown = project.settings.filter((setting) => setting.known === "no");
  const assumed = project.settings.filter((setting) => setting.known === "assumed");
  const read = project.settings.filter((setting) => setting.known === "yes");
  const facts = [
    {
      icon: Check,
      tone: "",
      title: project.settingsModule,
      text: `${project.settingsFile}, named by ${project.settingsFrom}`,
    },
    project.django && {
      icon: Check,
      tone: "",
      title: `Django ${project.django.version}`,
      text: `As ${project.django.file} has it`,
    },
    {
      icon: Check,
      tone: "",
      title: `${plural(read.length, "setting")} read`,
      text: "The others have Django's defaults",
    },
    assumed.length > 0 && {
      icon: Info,
      tone: "is-info",
      title: `${plural(assumed.length, "setting")} assumed`,
      text: assumed.map((setting) => setting.name).join(", "),
    },
    unknown.length > 0 && {
      icon: TriangleAlert,
      tone: "is-warn",
      title: `${plural(unknown.length, "setting")} not known`,
      text: unknown.map((setting) => setting.name).join(", "),
    },
  ].filter((fact) => fact !== null && fact !== false);
  return (
    <>
      <h2>
        <Icon icon={Check} />
        Read as text <span className="dim">nothing was run</span>
      </h2>
      <ul className="rlist">
        {facts.map(({ icon, tone, title, text }) => (
          <li key={title} className={tone}>
            <Icon icon={icon} />
            <span>
              <b>
                <Text value={title} max={160} />
              </b>
              <Text value={text} max={400} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
