/** What a purge would delete: figures that grow while counting, checks, a sample, the statement. */
import { Ban, Check, Copy, Info, RefreshCw, TriangleAlert } from "lucide-react";
import { useCurrentStore } from "../../state/stores.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import {
  absolute,
  clock,
  count,
  duration,
  percent,
  plural,
  size,
  sizeParts,
} from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Skeleton } from "../../ui/Meters.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { showToast } from "../../ui/toasts.ts";
import { useNow } from "../../ui/useNow.ts";
import { ExpiryDates } from "./ExpiryDates.tsx";
import { Figures } from "./Figures.tsx";
import { Phases } from "./Phases.tsx";
import { holdsLocks } from "./plan.ts";
import { Sample } from "./Sample.tsx";
import type { PreviewState } from "./usePreview.ts";

const checkIcons = {
  ok: { icon: Check, className: "" },
  info: { icon: Info, className: "is-info" },
  warning: { icon: TriangleAlert, className: "is-warn" },
};

export interface PreviewPaneProps {
  state: PreviewState;
  includeNeverRemoved: boolean;
  connection: string;
  /** The store can tell how expiry dates are distributed. */
  histogram: boolean;
  onAgain: () => void;
  /** Counts what was estimated. */
  onExact: () => void;
}

export function PreviewPane(props: PreviewPaneProps) {
  const store = useCurrentStore();
  const locks = holdsLocks(store);
  const inCache = store?.kind === "cache";
  const { state, includeNeverRemoved, connection, histogram, onAgain, onExact } = props;
  const { preview, countedAt, problem } = state;
  const now = useNow();
  const copy = (text: string) =>
    navigator.clipboard.writeText(text).then(
      () => showToast({ text: "Statement copied." }),
      () => showToast({ text: "The clipboard refused the text.", tone: "warning" }),
    );
  const [amount, unit] = sizeParts(preview?.bytes ?? 0);
  const never = preview?.neverRemoved;
  return (
    <section className="pane" aria-label="Preview" data-region="preview">
      <header className="panehead">
        <h1>Preview</h1>
        <span className="dim" role="status">
          {preview?.exact || preview?.estimated
            ? `${preview.exact ? "counted" : "estimated"} at ${clock(new Date(countedAt).toISOString())} UTC, took ${preview.tookMs < 1000 ? `${preview.tookMs} ms` : duration(preview.tookMs)}`
            : problem
              ? "not counted"
              : "counting"}
        </span>
        <IconButton
          icon={RefreshCw}
          label="Count again"
          title="Count again. F5"
          onClick={onAgain}
        />
        {preview?.estimated && (
          <Button
            title="The numbers are the server's own estimate. Counting reads every expired row."
            onClick={onExact}
          >
            Count exactly
          </Button>
        )}
        <Phases at={0} />
      </header>
      <ScrollRegion className="panebody" label="What would be deleted">
        {problem && <ProblemNotice problem={problem} />}
        {!preview && !problem && (
          <div className="figures" aria-hidden="true">
            {["a", "b", "c", "d"].map((id) => (
              <div key={id}>
                <Skeleton width="60%" />
              </div>
            ))}
          </div>
        )}
        {preview && (
          <>
            <Figures
              figures={[
                {
                  title: "Sessions to delete",
                  icon: Ban,
                  value: `${preview.estimated ? "≈ " : ""}${count(preview.count)}`,
                  note: `${preview.exact ? "exact" : preview.estimated ? "by the server's statistics" : "so far, counting"}${
                    preview.storeTotal
                      ? `, ${percent(preview.count, preview.storeTotal)} of the store`
                      : ""
                  }`,
                },
                {
                  title: "Stored data",
                  value: amount,
                  unit,
                  note:
                    preview.count > 0
                      ? `${size(preview.bytes / preview.count)} per session on average`
                      : "nothing to delete",
                },
                preview.oldest
                  ? {
                      title: "Oldest expiry",
                      value: duration(now - Date.parse(preview.oldest)),
                      unit: "ago",
                      note: absolute(preview.oldest),
                    }
                  : { title: "Oldest expiry", value: "none", note: "no expired session" },
                never
                  ? {
                      title: inCache ? "Without an expiry" : "Never removed by Django",
                      value: count(never.count),
                      note: includeNeverRemoved
                        ? `deleted too, ${size(never.bytes)}`
                        : `stay, ${size(never.bytes)}`,
                    }
                  : {
                      title: "Cutoff",
                      value: clock(preview.cutoff),
                      unit: "UTC",
                      note: `fixed, ${absolute(preview.cutoff).split(",")[0]}`,
                    },
              ]}
            />
            <div className={histogram ? "two" : ""}>
              {histogram && (
                <section>
                  <h2 className="subhead">Expiry dates</h2>
                  <ExpiryDates connection={connection} cutoff={preview.cutoff} />
                </section>
              )}
              <section>
                <h2 className="subhead">Checks</h2>
                <ul className="checks">
                  {preview.checks.map((check) => (
                    <li key={check.text} className={checkIcons[check.level].className}>
                      <Icon icon={checkIcons[check.level].icon} label={check.level} />
                      <span>{check.text}</span>
                    </li>
                  ))}
                </ul>
              </section>
            </div>
            {preview.sample.length > 0 && (
              <section>
                <h2 className="subhead">
                  Sample{" "}
                  <span className="dim">
                    {count(preview.sample.length)} of {preview.estimated ? "≈ " : ""}
                    {plural(preview.count, "session")}
                  </span>
                </h2>
                <Sample rows={preview.sample} now={now} label="Sample of sessions to delete" />
              </section>
            )}
            {never && never.count > 0 && (
              <section>
                <h2 className="subhead">
                  {inCache ? "Without an expiry" : "Never removed by Django's own rule"}{" "}
                  <span className="dim">
                    {plural(never.count, "session")}, {includeNeverRemoved ? "deleted too" : "stay"}
                  </span>
                </h2>
                <p className="soft pane-text">{never.why}</p>
                <Sample
                  rows={never.sample}
                  now={now}
                  label="Sample of sessions Django never removes"
                />
              </section>
            )}
            <section>
              <h2 className="subhead">
                Statement {locks && <span className="dim">one transaction per batch</span>}
                <IconButton
                  icon={Copy}
                  label="Copy statement"
                  onClick={() => void copy(preview.statement)}
                />
              </h2>
              <pre className="well">{preview.statement}</pre>
            </section>
          </>
        )}
      </ScrollRegion>
    </section>
  );
}
