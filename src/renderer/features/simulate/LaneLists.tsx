/** The lanes in words, for those who do not see them: one hidden list a lane. */
import type { CookieSpan, SessionSpan, SimRun } from "../../../shared/run.ts";
import { shortKey } from "../../ui/format.ts";
import { visible } from "../../ui/Text.tsx";
import { clockOf } from "./virtual-time.ts";

/** Longer lists are read in the table. */
const most = 60;

const between = ({ from, to }: { from: number; to: number }) =>
  `${clockOf(from)} to ${clockOf(to)}`;

const cookieEnds: Record<CookieSpan["end"], string> = {
  open: "still there",
  expired: "expired",
  replaced: "replaced",
  deleted: "deleted by the server",
  browserClosed: "gone with the browser",
};

const sessionEnds: Record<SessionSpan["end"], string> = {
  open: "still there",
  expired: "expired",
  deleted: "deleted",
  purged: "removed by clearsessions",
  evicted: "evicted",
};

function cookieLines(spans: readonly CookieSpan[]): string[] {
  return spans.flatMap((span, index) => {
    const before = spans[index - 1];
    const gap = before && span.from > before.to ? [`none until ${clockOf(span.from)}`] : [];
    const kind = span.browserLength ? "browser-length" : "with an end";
    return [
      ...gap,
      `present ${between(span)}, ${kind}, sent ${span.sent.length} times, ${cookieEnds[span.end]}`,
    ];
  });
}

const sessionLines = (spans: readonly SessionSpan[]) =>
  spans.map((span) => {
    const end = span.expires === null ? "never expires" : `expires ${clockOf(span.expires)}`;
    const state = span.state === "live" ? `live, ${end}` : "expired and still stored";
    return `${shortKey(span.key)} ${between(span)}, ${state}, saved ${span.saves.length} times, ${sessionEnds[span.end]}`;
  });

function Lines({ name, lines }: { name: string; lines: readonly string[] }) {
  const id = `lane-${name.replaceAll(" ", "-")}`;
  return (
    <>
      <h3 id={id}>{name}</h3>
      <ul aria-labelledby={id}>
        {lines.length === 0 && <li>nothing</li>}
        {lines.slice(0, most).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a list that is only ever replaced as a whole.
          <li key={index}>{visible(line)}</li>
        ))}
        {lines.length > most && <li>{lines.length - most} more, in the table</li>}
      </ul>
    </>
  );
}

export function LaneLists({ run, storeName }: { run: SimRun; storeName: string }) {
  const { lanes } = run;
  return (
    <div className="sr" data-testid="lane-lists">
      <Lines name="Browser cookie in words" lines={cookieLines(lanes.cookie)} />
      <Lines name={`${storeName} in words`} lines={sessionLines(lanes.session)} />
      {run.engine === "cached_db" && (
        <Lines name="Cache copy in words" lines={sessionLines(lanes.cache)} />
      )}
      <Lines
        name="Data in words"
        lines={lanes.data.flatMap(({ key, spans }) =>
          spans.map((span) => `${key} is ${span.value}, ${between(span)}`),
        )}
      />
      <Lines name="Marks" lines={run.marks.map((mark) => `${clockOf(mark.at)}: ${mark.text}`)} />
    </div>
  );
}
