/** A Django project's folder: read as text, its stores proposed, each openable at once or in the form first. */
import { FolderSearch } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import type { Project, ProjectProposal } from "../../../shared/project.ts";
import { client, problemOf } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import { askHostKey, putStore, show } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { type Draft, draftOfProposal } from "./draft.ts";
import { PathField } from "./PathField.tsx";
import { ProjectSettings } from "./ProjectSettings.tsx";
import { Proposal } from "./Proposal.tsx";

export interface ProjectPaneProps {
  project: Project | null;
  onProject: (project: Project | null) => void;
  /** Fills the form with a proposal. */
  onEdit: (draft: Draft) => void;
}

export function ProjectPane({ project, onProject, onEdit }: ProjectPaneProps) {
  const [path, setPath] = useState(project?.folder ?? "");
  const [variables, setVariables] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const run = async (action: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      const found = problemOf(error);
      if (!askHostKey(found, () => void run(action))) setProblem(found);
    }
    setBusy(false);
  };
  const read = (settingsModule?: string) =>
    run(async () => {
      const given = Object.entries(variables).filter(([, value]) => value !== "");
      onProject(
        await client.project.read({
          path,
          ...(settingsModule ? { settingsModule } : {}),
          ...(given.length > 0 ? { variables: Object.fromEntries(given) } : {}),
        }),
      );
    });
  const open = (proposal: ProjectProposal, options: Record<string, unknown>) =>
    run(async () => {
      if (!project) return;
      const store = await client.project.open({
        project: project.handle,
        proposal: proposal.id,
        ...(Object.keys(options).length > 0 ? { options } : {}),
      });
      const { id } = store.connection;
      putStore(store);
      show(id);
      // What contradicts is said over the sessions; that it cannot be compared is no reason not to show them.
      const findings = await client.project
        .check({ connection: id, project: project.handle })
        .catch(() => []);
      useApp.setState((state) => ({ findings: { ...state.findings, [id]: findings } }));
    });
  const modules = project ? [project.settingsModule, ...project.otherModules] : [];
  return (
    <main className="cform">
      <form
        aria-label="Open a Django project folder"
        data-region="form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void read(project?.folder === path ? project.settingsModule : undefined);
        }}
      >
        <div className="cform-body">
          <h2>Open a Django project folder</h2>
          <Field
            className="row"
            label="Project folder"
            aside="holds manage.py"
            hint="Settings are read as text. Nothing of the project is run."
          >
            <PathField
              value={path}
              onChange={(next) => {
                setPath(next);
                setProblem(null);
              }}
              onDone={() => {}}
              foldersOnly
              placeholder="/srv/site"
              autoFocus={!project}
            />
          </Field>
          {problem && (
            <div className="row">
              <ProblemNotice problem={problem} />
            </div>
          )}
          {project && (
            <>
              {modules.length > 1 && (
                <Field className="row" label="Settings module">
                  <Select
                    value={project.settingsModule}
                    onChange={(event) => void read(event.target.value)}
                  >
                    {modules.map((name) => (
                      <option key={name}>{visible(name)}</option>
                    ))}
                  </Select>
                </Field>
              )}
              {project.problems.map((one) => (
                <div className="row" key={one.message}>
                  <ProblemNotice problem={one} />
                </div>
              ))}
              <h3 className="row">Where the sessions are</h3>
              {project.proposals.length === 0 && (
                <p className="help">No place of sessions is named by these settings.</p>
              )}
              {project.proposals.map((proposal) => (
                <Proposal
                  key={proposal.id}
                  proposal={proposal}
                  busy={busy}
                  onOpen={(options) => void open(proposal, options)}
                  onEdit={(options) => {
                    const { connection } = proposal;
                    if (!connection) return;
                    const filled = {
                      ...connection,
                      options: { ...connection.options, ...options },
                    };
                    onEdit(draftOfProposal(filled, proposal));
                  }}
                />
              ))}
              {project.asks.length > 0 && (
                <fieldset className="row asks">
                  <legend className="lab">
                    Variables that could not be read{" "}
                    <span className="dim">kept in memory, used for this project only</span>
                  </legend>
                  <div className="optiongrid">
                    {project.asks.map((ask) => (
                      <Field
                        key={ask.variable}
                        className="row"
                        label={<code className="mono">{visible(ask.variable)}</code>}
                        hint={visible(`For ${ask.settings.join(", ")}.`)}
                      >
                        <Input
                          mono
                          type={ask.secret ? "password" : "text"}
                          autoComplete="new-password"
                          value={variables[ask.variable] ?? ""}
                          onChange={(event) =>
                            setVariables({ ...variables, [ask.variable]: event.target.value })
                          }
                        />
                      </Field>
                    ))}
                  </div>
                </fieldset>
              )}
              <h3 className="row">
                Settings <Text value={project.settingsFile} max={120} />
              </h3>
              <ProjectSettings settings={project.settings} />
            </>
          )}
        </div>
        <div className="cform-foot">
          <span className="grow" />
          <Button
            large
            icon={FolderSearch}
            type="submit"
            {...(project ? {} : { variant: "primary" as const })}
            disabled={busy || path.trim() === ""}
          >
            {project ? "Read again" : "Read settings"}
          </Button>
        </div>
      </form>
    </main>
  );
}
