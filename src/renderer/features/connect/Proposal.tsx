/** One place that a project's settings lead to: opened with a click, or filled in first. */
import { Database, Pencil, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { cachePrefix } from "../../../shared/connection.ts";
import type { ProjectProposal } from "../../../shared/project.ts";
import { useDrivers } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { Field, Input } from "../../ui/Field.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { driverIcon } from "../../ui/storeIcon.ts";
import { Text, visible } from "../../ui/Text.tsx";
import { optionFields } from "./schema.ts";

export interface ProposalProps {
  proposal: ProjectProposal;
  busy: boolean;
  onOpen: (options: Record<string, unknown>) => void;
  onEdit: (options: Record<string, unknown>) => void;
}

const names: Record<string, string> = {
  secretKey: "SECRET_KEY",
  fallbacks: "SECRET_KEY_FALLBACKS",
  password: "the password",
  [`${cachePrefix}password`]: "the cache's password",
};

export function Proposal({ proposal, busy, onOpen, onEdit }: ProposalProps) {
  const [options, setOptions] = useState<Record<string, unknown>>({});
  const driver = useDrivers()?.find((one) => one.name === proposal.driver);
  const fields = driver ? optionFields(driver) : [];
  const missing = proposal.asks.filter(({ option }) => {
    const field = fields.find((one) => one.name === option);
    return field?.required === true && options[option] === undefined;
  });
  const known = proposal.secrets.map((name) => names[name] ?? name);
  return (
    <section className="proposal" aria-label={visible(proposal.title)}>
      <Icon icon={!proposal.available ? TriangleAlert : driver ? driverIcon(driver) : Database} />
      <div>
        <b>
          <Text value={proposal.title} max={160} />
        </b>
        <p>
          <Text value={proposal.available ? proposal.reason : (proposal.why ?? "")} max={300} />
        </p>
        {known.length > 0 && (
          <p className="dim">Known from the project, kept in the host: {known.join(", ")}.</p>
        )}
        {proposal.available && proposal.asks.length > 0 && (
          <div className="optiongrid">
            {proposal.asks.map(({ option, why }) => {
              const field = fields.find((one) => one.name === option);
              return (
                <Field
                  key={option}
                  className="row"
                  label={field?.title ?? option}
                  hint={visible(why)}
                >
                  <Input
                    mono
                    type={field?.kind === "password" ? "password" : "text"}
                    autoComplete="new-password"
                    value={String(options[option] ?? "")}
                    onChange={(event) => {
                      const typed = event.target.value;
                      const { [option]: _, ...rest } = options;
                      const number = field?.kind === "number" && /^\d+$/.test(typed);
                      setOptions(
                        typed === "" ? rest : { ...rest, [option]: number ? Number(typed) : typed },
                      );
                    }}
                  />
                </Field>
              );
            })}
          </div>
        )}
        {proposal.connection && (
          <div className="btns">
            <Button
              variant="primary"
              disabled={busy}
              reason={missing.length > 0 ? "What is asked for is not filled in yet." : null}
              onClick={() => onOpen(options)}
            >
              Open read-only
            </Button>
            <Button icon={Pencil} disabled={busy} onClick={() => onEdit(options)}>
              Edit before opening
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}
