/** A few sessions as a plain table. */
import type { SessionRow } from "../../../shared/session.ts";
import { absolute, relative, shortKey, size } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { Text, visible } from "../../ui/Text.tsx";

export function Sample({ rows, now, label }: { rows: SessionRow[]; now: number; label: string }) {
  return (
    <table className="sample" aria-label={label}>
      <thead>
        <tr>
          <th>State</th>
          <th>Session key</th>
          <th>User</th>
          <th>Expiry</th>
          <th className="num">Size</th>
          <th className="sample-keys">Top-level keys</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <td>
              <StateMark state={row.state} />
            </td>
            <td className="mono" title={visible(row.key)}>
              <Text value={shortKey(row.key)} />
            </td>
            <td>
              {row.user ? (
                <>
                  <span className="uid">
                    <Text value={row.user.id} max={40} />
                  </span>
                  {row.user.name !== null && <Text value={row.user.name} max={60} />}
                </>
              ) : (
                <span className="dim">anonymous</span>
              )}
            </td>
            <td title={row.expires ? absolute(row.expires, true) : undefined}>
              {row.expires ? relative(row.expires, now) : "never"}
            </td>
            <td className="num">{size(row.size)}</td>
            <td className="mono">
              {row.problem && row.keys.length === 0 ? (
                <span className="dim">unreadable</span>
              ) : (
                <Text value={row.keys.join(", ")} max={120} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
