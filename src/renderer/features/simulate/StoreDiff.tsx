/** What the store held before and after a step; what stayed the same is folded. */
import { ArrowRight } from "lucide-react";
import { useState } from "react";
import type { StoreDiffLine } from "../../../shared/run.ts";
import { plural, shortKey } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Text } from "../../ui/Text.tsx";
import "./store-diff.css";

const words = { same: "unchanged", added: "added", removed: "removed", changed: "changed" };

export function StoreDiff({ lines }: { lines: readonly StoreDiffLine[] }) {
  const [all, setAll] = useState(false);
  const same = lines.filter(({ kind }) => kind === "same").length;
  const shown = all ? lines : lines.filter(({ kind }) => kind !== "same");
  if (lines.length === 0) return <p className="help">The store holds nothing.</p>;
  return (
    <>
      {shown.length === 0 && <p className="help">The store stays as it is.</p>}
      <ul className="delta" aria-label="What changed in the store">
        {shown.map((line) => (
          <li key={line.path} className={`is-${line.kind}`}>
            <span className="path">
              <Text
                value={line.path.replace(/[0-9a-z]{32}/g, shortKey)}
                max={80}
                title={line.path}
              />
              <span className="sr"> {words[line.kind]}: </span>
            </span>
            <span className="values">
              {line.kind !== "added" && (line.before || line.kind !== "removed") && (
                <del>
                  {line.before === null ? "missing" : <Text value={line.before} max={160} />}
                </del>
              )}
              {(line.kind === "changed" || (line.kind === "removed" && line.before)) && (
                <Icon icon={ArrowRight} label="to" />
              )}
              {line.kind === "added" && <Icon icon={ArrowRight} label="added" />}
              {line.kind !== "same" &&
                (line.kind === "added" && !line.after ? (
                  <ins>new</ins>
                ) : line.after === null ? (
                  <del>removed</del>
                ) : (
                  <ins>
                    <Text value={line.after} max={160} />
                  </ins>
                ))}
            </span>
          </li>
        ))}
      </ul>
      {same > 0 && (
        <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Hide" : "Show"} {plural(same, "unchanged line")}
        </button>
      )}
    </>
  );
}
