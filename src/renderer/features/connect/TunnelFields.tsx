/** The way to the server through an SSH host: agent, key or password; known_hosts is checked by the host. */
import type { Tunnel } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { Field, Input, type InputProps, Select } from "../../ui/Field.tsx";
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

interface LineProps extends InputProps {
  label: string;
  problem?: Problem | null;
  secret?: boolean;
  onText: (text: string) => void;
}

const Line = ({ label, problem = null, secret = false, onText, ...input }: LineProps) => (
  <Field className="row" label={label} problem={problem}>
    <Input
      mono={!secret}
      {...(secret ? { type: "password", autoComplete: "new-password" } : {})}
      {...input}
      onChange={(event) => onText(event.target.value)}
    />
  </Field>
);

export function TunnelFields({ draft, onChange, problem }: TunnelFieldsProps) {
  const { tunnel } = draft;
  const set = (change: Partial<Tunnel>) =>
    onChange({ tunnel: { ...(tunnel ?? blankTunnel), ...change } });
  const byKey = tunnel?.method === "key" || tunnel?.method === "auto";
  const byPassword = tunnel?.method === "password" || tunnel?.method === "auto";
  const secret = (
    label: string,
    name: "tunnelPassword" | "tunnelPassphrase",
    variable: "passwordEnv" | "passphraseEnv",
  ) => (
    <>
      <Line
        label={label}
        secret
        value={draft[name]}
        onText={(text) => onChange({ [name]: text })}
      />
      <Line
        label={`${label} from a variable`}
        value={tunnel?.[variable] ?? ""}
        onText={(text) => set({ [variable]: text })}
      />
    </>
  );
  return (
    <>
      <div className="row">
        <Checkbox
          checked={tunnel !== null}
          help="Every server is then reached from there, a cache in front of the table as well; names are looked up there. ~/.ssh/config counts for what is left empty."
          onChange={(on) => onChange({ tunnel: on ? blankTunnel : null })}
        >
          Reach the server through an SSH host
        </Checkbox>
      </div>
      {tunnel && (
        <div className="optiongrid">
          <Line
            label="SSH host"
            problem={problem}
            placeholder="bastion.example.org, or an alias of ~/.ssh/config"
            value={tunnel.host}
            onText={(host) => set({ host })}
          />
          <Line
            label="SSH port"
            inputMode="numeric"
            placeholder="22"
            value={tunnel.port === null ? "" : String(tunnel.port)}
            onText={(text) => {
              const port = Number(text.replaceAll(/\D/g, "").slice(0, 5));
              set({ port: port >= 1 && port <= 65_535 ? port : null });
            }}
          />
          <Line
            label="SSH user"
            placeholder="as ~/.ssh/config says"
            value={tunnel.user}
            onText={(user) => set({ user })}
          />
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
              {secret("Passphrase", "tunnelPassphrase", "passphraseEnv")}
            </>
          )}
          {byPassword && secret("SSH password", "tunnelPassword", "passwordEnv")}
        </div>
      )}
    </>
  );
}
