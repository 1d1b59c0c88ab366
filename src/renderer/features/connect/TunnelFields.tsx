/** The way to the server through an SSH host: agent, key or password; known_hosts is checked by the host. */
import type { Tunnel } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { Checkbox } from "../../ui/Switch.tsx";
import { blankTunnel, type Draft } from "./draft.ts";
import { PathField } from "./PathField.tsx";

const methods: Record<Tunnel["method"], string> = {
  auto: "Agent, keys or password, whichever there are",
  agent: "Agent",
  key: "Key file",
  password: "Password",
};

export interface TunnelFieldsProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  problem: Problem | null;
}

/** In short, for the fold. */
export const tunnelSummary = (tunnel: Tunnel | null): string =>
  tunnel?.host ? `through ${tunnel.user ? `${tunnel.user}@` : ""}${tunnel.host}` : "off";

export function TunnelFields({ draft, onChange, problem }: TunnelFieldsProps) {
  const { tunnel } = draft;
  const set = (change: Partial<Tunnel>) =>
    onChange({ tunnel: { ...(tunnel ?? blankTunnel), ...change } });
  const byKey = tunnel?.method === "key" || tunnel?.method === "auto";
  const byPassword = tunnel?.method === "password" || tunnel?.method === "auto";
  return (
    <>
      <div className="row">
        <Checkbox
          checked={tunnel !== null}
          help="The address above is then reached from the SSH host. ~/.ssh/config counts for what is left empty."
          onChange={(on) => onChange({ tunnel: on ? blankTunnel : null })}
        >
          Reach the server through an SSH host
        </Checkbox>
      </div>
      {tunnel && (
        <div className="optiongrid">
          <Field className="row" label="SSH host" problem={problem}>
            <Input
              mono
              placeholder="bastion.example.org, or an alias of ~/.ssh/config"
              value={tunnel.host}
              onChange={(event) => set({ host: event.target.value })}
            />
          </Field>
          <Field className="row" label="SSH port">
            <Input
              inputMode="numeric"
              placeholder="22"
              value={tunnel.port === null ? "" : String(tunnel.port)}
              onChange={(event) => {
                const port = Number(event.target.value.replaceAll(/\D/g, "").slice(0, 5));
                set({ port: port >= 1 && port <= 65_535 ? port : null });
              }}
            />
          </Field>
          <Field className="row" label="SSH user">
            <Input
              mono
              placeholder="as ~/.ssh/config says"
              value={tunnel.user}
              onChange={(event) => set({ user: event.target.value })}
            />
          </Field>
          <Field className="row" label="Logs in with">
            <Select
              value={tunnel.method}
              onChange={(event) => set({ method: event.target.value as Tunnel["method"] })}
            >
              {Object.entries(methods).map(([method, words]) => (
                <option key={method} value={method}>
                  {words}
                </option>
              ))}
            </Select>
          </Field>
          {byKey && (
            <>
              <Field
                className="row is-wide"
                label="Key file"
                hint="Empty: as ~/.ssh/config says, else id_ed25519, id_ecdsa and id_rsa in ~/.ssh."
              >
                <PathField
                  value={tunnel.keyPath}
                  onChange={(keyPath) => set({ keyPath })}
                  onDone={() => {}}
                  foldersOnly={false}
                  placeholder="~/.ssh/id_ed25519"
                />
              </Field>
              <Field className="row" label="Passphrase of the key">
                <Input
                  type="password"
                  autoComplete="new-password"
                  value={draft.tunnelPassphrase}
                  onChange={(event) => onChange({ tunnelPassphrase: event.target.value })}
                />
              </Field>
              <Field className="row" label="Passphrase from a variable">
                <Input
                  mono
                  value={tunnel.passphraseEnv}
                  onChange={(event) => set({ passphraseEnv: event.target.value })}
                />
              </Field>
            </>
          )}
          {byPassword && (
            <>
              <Field className="row" label="SSH password">
                <Input
                  type="password"
                  autoComplete="new-password"
                  value={draft.tunnelPassword}
                  onChange={(event) => onChange({ tunnelPassword: event.target.value })}
                />
              </Field>
              <Field className="row" label="SSH password from a variable">
                <Input
                  mono
                  value={tunnel.passwordEnv}
                  onChange={(event) => set({ passwordEnv: event.target.value })}
                />
              </Field>
            </>
          )}
        </div>
      )}
    </>
  );
}
