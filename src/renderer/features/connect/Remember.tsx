/** Whether what is secret here is kept beyond this run, and forgetting what was kept. */
import { useApp } from "../../state/app.ts";
import { Checkbox } from "../../ui/Switch.tsx";
import type { Draft } from "./draft.ts";

export interface RememberProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  onForget: () => void;
}

export function Remember({ draft, onChange, onForget }: RememberProps) {
  const credentials = useApp((state) => state.credentials);
  const known =
    useApp((state) => state.connections)?.find((entry) => entry.connection.id === draft.id)
      ?.remembered ?? "no";
  if (!credentials) return null;
  return (
    <div className="row">
      {credentials.kept ? (
        <Checkbox
          checked={draft.remember}
          help={credentials.text}
          onChange={(remember) => onChange({ remember })}
        >
          Remember the password and the keys
        </Checkbox>
      ) : (
        <p className="help">{credentials.text}</p>
      )}
      {draft.id && known !== "no" && (
        <p className="help forget">
          {known === "kept"
            ? "Secrets of this connection are kept."
            : "Secrets of this connection are held in memory."}{" "}
          <button type="button" className="linkbtn" onClick={onForget}>
            Forget them
          </button>
        </p>
      )}
    </div>
  );
}
