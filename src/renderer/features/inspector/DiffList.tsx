/** Differences value by value: path, what it was, what it becomes. */
import type { DiffLine } from "../../../shared/edit.ts";
import { plural } from "../../ui/format.ts";
import { Text } from "../../ui/Text.tsx";

const signs: Record<DiffLine["kind"], { sign: string; word: string }> = {
  added: { sign: "+", word: "added" },
  removed: { sign: "−", word: "removed" },
  changed: { sign: "~", word: "changed" },
  type: { sign: "~", word: "type changed" },
};

const most = 200;

export function DiffList({ diff, empty }: { diff: readonly DiffLine[]; empty: string }) {
  if (diff.length === 0) return <p className="help">{empty}</p>;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <ul className="difflist" aria-label="Differences" tabIndex={0}>
        {diff.slice(0, most).map((line) => (
          <li key={`${line.path} ${line.kind}`} className={`is-${line.kind}`}>
            <span className="sign" aria-hidden="true">
              {signs[line.kind].sign}
            </span>
            <code className="mono path">
              <Text value={line.path || "the session"} max={200} />
            </code>
            <span className="sr">{signs[line.kind].word}</span>
            {line.before !== undefined && (
              <del className="mono">
                <Text value={line.before} max={300} />
              </del>
            )}
            {line.after !== undefined && (
              <ins className="mono">
                <Text value={line.after} max={300} />
              </ins>
            )}
          </li>
        ))}
      </ul>
      {diff.length > most && (
        <p className="help">{plural(diff.length - most, "more difference")}</p>
      )}
    </>
  );
}
