/** Plan, Run, Report: where a purge stands. */
import { Check } from "lucide-react";
import { Icon } from "../../ui/Icon.tsx";

const steps = ["Plan", "Run", "Report"];

export function Phases({ at }: { at: 0 | 1 | 2 }) {
  return (
    <ol className="phases" aria-label="Progress">
      {steps.map((step, index) => (
        <li
          key={step}
          className={index === at ? "is-now" : index < at ? "is-done" : ""}
          aria-current={index === at ? "step" : undefined}
        >
          <i className="num">
            {index < at ? <Icon icon={Check} size={12} label="done" /> : index + 1}
          </i>
          {step}
        </li>
      ))}
    </ol>
  );
}
