/** What the user prefers: theme, single-letter keys, how large the recycle bin may grow. */
import { Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { setPreference, useApp } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { size } from "../../ui/format.ts";
import { Segmented } from "../../ui/Segmented.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { showToast } from "../../ui/toasts.ts";
import "./settings.css";

const units = { MB: 1e6, GB: 1e9 };
type Unit = keyof typeof units;

function BinLimit({ limit }: { limit: number }) {
  const bin = useApp((state) => state.bin);
  const [unit, setUnit] = useState<Unit>(limit >= 1e9 ? "GB" : "MB");
  const [typed, setTyped] = useState(String(Math.round((limit / units[unit]) * 100) / 100));
  const [problem, setProblem] = useState<Problem | null>(null);
  const bytes = Math.round(Number(typed) * units[unit]);
  const valid = typed.trim() !== "" && Number.isFinite(bytes) && bytes >= 0;
  const save = async () => {
    if (!valid)
      return setProblem({
        code: "bad_setting",
        message: "The limit has to be a number, 0 or more.",
      });
    setProblem(null);
    try {
      useApp.setState({ bin: await client.bin.setLimit({ limit: bytes }) });
      showToast({ text: `The recycle bin may hold ${size(bytes)}.` });
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <Field
      label="Recycle bin limit"
      hint={
        bin
          ? `Holds ${size(bin.bytes)} now. A job that would not fit says so before it starts.`
          : ""
      }
      problem={problem}
    >
      <span className="setlimit">
        <Input
          inputMode="decimal"
          aria-label="Recycle bin limit"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Select
          aria-label="Unit"
          value={unit}
          onChange={(event) => setUnit(event.target.value as Unit)}
        >
          {Object.keys(units).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
        <Button disabled={valid && bytes === bin?.limit} onClick={() => void save()}>
          Set limit
        </Button>
      </span>
    </Field>
  );
}

export function SettingsDialog() {
  const { theme, singleKeys, bin } = useApp();
  const close = () => useApp.setState({ settingsOpen: false });
  return (
    <Dialog
      title="Settings"
      onClose={close}
      onSubmit={close}
      buttons={
        <Button large variant="primary" type="submit" data-autofocus>
          Done
        </Button>
      }
    >
      <div className="setting">
        <span>Theme</span>
        <Segmented
          label="Theme"
          value={theme}
          onChange={(value) => setPreference({ theme: value })}
          options={[
            { id: "system", text: "System", icon: Monitor },
            { id: "light", text: "Light", icon: Sun },
            { id: "dark", text: "Dark", icon: Moon },
          ]}
        />
      </div>
      <div className="setting">
        <span>
          Single-letter keys
          <span className="help" id="single-keys-help">
            E, X, Del and others act on the session table while it has the focus.
          </span>
        </span>
        <Switch
          label="Single-letter keys"
          describedBy="single-keys-help"
          checked={singleKeys}
          onChange={(on) => setPreference({ singleKeys: on })}
        />
      </div>
      {bin && <BinLimit limit={bin.limit} />}
    </Dialog>
  );
}
