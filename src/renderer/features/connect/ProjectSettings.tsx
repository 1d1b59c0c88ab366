/** What was read: each setting with its value and where it stands. */
import type { ProjectSetting } from "../../../shared/project.ts";
import { Text, visible } from "../../ui/Text.tsx";

const value = (setting: ProjectSetting): string => {
  if (setting.secret && setting.known === "yes") return "known, kept in the host";
  return setting.value ?? "not known";
};

/** "shop/settings.py:14", and how it came to be where that is not plain. */
const origin = ({ origin, known }: ProjectSetting): string => {
  if (!origin) return known === "default" ? "Django's default" : "";
  const place =
    origin.file === "" ? "typed here or set in this environment" : `${origin.file}:${origin.line}`;
  return origin.how === "literal" || known === "no" ? place : `${place}, ${origin.how}`;
};

export function ProjectSettings({ settings }: { settings: ProjectSetting[] }) {
  const order = { no: 0, assumed: 1, yes: 2, default: 3 };
  const sorted = settings.toSorted((a, b) => order[a.known] - order[b.known]);
  return (
    <table className="psettings">
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">Value</th>
          <th scope="col">Origin</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((setting) => (
          <tr key={setting.name} className={`is-${setting.known}`}>
            <th scope="row">
              <code className="mono">{visible(setting.name)}</code>
            </th>
            <td>
              <code className="mono">
                <Text value={value(setting)} max={160} />
              </code>
              {setting.why && <small>{visible(setting.why)}</small>}
            </td>
            <td>
              <Text value={origin(setting)} max={160} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
