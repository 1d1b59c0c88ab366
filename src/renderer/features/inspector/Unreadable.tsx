/** How far reading got: the chain of layers with the first that failed marked, and what Django makes of it. */
import { Check, ShieldX, X } from "lucide-react";
import type { Layer } from "../../../shared/layer.ts";
import type { SessionDetail } from "../../../shared/session.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { hexDump } from "./hex-dump.ts";
import "./unreadable.css";

export function Unreadable({ detail }: { detail: SessionDetail }) {
  const { layers, row } = detail;
  const [first] = layers;
  const told = layers.some((layer) => layer.problem?.message === row.problem?.message);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="stack-fail" aria-label="What was found" tabIndex={0}>
      {detail.djangoSees && <p className="verdict">{visible(detail.djangoSees)}</p>}
      <ul className="chain" aria-label="How far reading got">
        {layers.map((layer) => (
          <Step key={layer.title} layer={layer} />
        ))}
        {row.signature === "invalid" && (
          <li className="fail is-bad">
            <Icon icon={ShieldX} />
            <span>Signature: no key fits</span>
          </li>
        )}
      </ul>
      {row.problem && !(told && !row.problem.hint) && <ProblemNotice problem={row.problem} />}
      {detail.value === null && first && (
        <div>
          <p className="help head">{first.title}, as it is</p>
          <div className="well raw">
            {first.form === "bytes" ? (
              hexDump(first.preview.slice(0, 2000))
            ) : (
              <Text value={first.preview} max={2000} />
            )}
          </div>
        </div>
      )}
    </section>
  );
}

function Step({ layer }: { layer: Layer }) {
  const bad = layer.problem !== null;
  return (
    <>
      <li className="fail">
        <Icon icon={Check} />
        <span>{layer.title} read</span>
        <span className="dim">{visible(layer.note)}</span>
      </li>
      {bad && (
        <li className="fail is-bad">
          <Icon icon={X} />
          <span>{visible(layer.problem?.message ?? "")}</span>
        </li>
      )}
    </>
  );
}
