/** All sessions by expiry, with the cutoff as the line between what is deleted and what is kept. */
import { Lock, Trash2 } from "lucide-react";
import { type CSSProperties, useEffect, useState } from "react";
import type { Histogram } from "../../../shared/session.ts";
import { client, follow } from "../../client.ts";
import { count, dayMonth } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";

const bins = 120;
const tall = 40;

export interface ExpiryDatesProps {
  connection: string;
  /** ISO, fixed for this plan. */
  cutoff: string;
}

const left = (share: number) => ({ "--x": `${(100 * share).toFixed(2)}%` }) as CSSProperties;

function bars(histogram: Histogram, most: number, wanted: (index: number) => boolean): string {
  return histogram.bins
    .map((n, index) => {
      if (n === 0 || !wanted(index)) return "";
      const height = Math.max(0.6, (tall * n) / most);
      return `M${index + 0.14} ${tall}v-${height.toFixed(2)}h0.72v${height.toFixed(2)}z`;
    })
    .join("");
}

export function ExpiryDates({ connection, cutoff }: ExpiryDatesProps) {
  const [histogram, setHistogram] = useState<Histogram | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new cutoff means a new count, so the bars are read anew too.
  useEffect(
    () =>
      follow((signal) => client.sessions.histogram({ connection, bins }, { signal }), {
        each: setHistogram,
      }),
    [connection, cutoff],
  );
  if (!histogram || histogram.bins.length === 0) return <div className="mini" />;
  const from = Date.parse(histogram.from);
  const width = Date.parse(histogram.to) - from;
  const share = Math.max(0, Math.min(1, (Date.parse(cutoff) - from) / Math.max(1, width)));
  const cut = share * histogram.bins.length;
  const most = Math.max(1, ...histogram.bins);
  const ticks = [0.1, 0.37, 0.64, 0.91].filter((at) => Math.abs(at - share) > 0.16);
  const beyond = histogram.before + histogram.after + histogram.never;
  return (
    <figure className="mini">
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${histogram.bins.length} ${tall}`}
        preserveAspectRatio="none"
      >
        <path className="bar-expired" d={bars(histogram, most, (index) => index + 0.5 <= cut)} />
        <path className="bar-kept" d={bars(histogram, most, (index) => index + 0.5 > cut)} />
      </svg>
      <span className="base" />
      {ticks.map((at) => (
        <span key={at} className="ax" style={left(at)} aria-hidden="true">
          {dayMonth(new Date(from + at * width).toISOString())}
        </span>
      ))}
      <span className="cut" style={left(share)} />
      <span
        className={share < 0.06 ? "ax ax-cut is-first" : "ax ax-cut"}
        style={left(share)}
        aria-hidden="true"
      >
        cutoff
      </span>
      {share > 0.2 && (
        <span className="side side-deleted" style={left(share)} aria-hidden="true">
          deleted <Icon icon={Trash2} size={12} />
        </span>
      )}
      {share < 0.85 && (
        <span className="side side-kept" style={left(share)} aria-hidden="true">
          <Icon icon={Lock} size={12} /> kept
        </span>
      )}
      <figcaption className="sr">
        Everything that expires before the cutoff is deleted, everything after it is kept.
        {beyond > 0 && ` ${count(beyond)} sessions lie outside the range shown.`}
      </figcaption>
    </figure>
  );
}
