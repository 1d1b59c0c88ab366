/** Sessions by expiry date with a line at now; a range is brushed by mouse or with two sliders. */
import { Ban, CircleDot } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
  useState,
} from "react";
import type { Histogram } from "../../../shared/session.ts";
import type { Client } from "../../client.ts";
import { clock, compact, count, dayMonth } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import {
  type BinRange,
  barsPath,
  edgeWords,
  placeOf,
  rangeOf,
  rangeText,
  type StripScale,
  scaleOf,
  ticks,
} from "./strip-scale.ts";
import "./strip.css";

const style = (values: Record<string, string>): CSSProperties => values as CSSProperties;

/**
 * Read again whenever `touched` moves; the old strip stays until the new one is there. null: there is none. `exact`: counted
 * also where statistics would do.
 */
export function useHistogram(
  client: Client,
  connection: string,
  touched: number | null,
  exact: boolean,
): Histogram | null {
  const [histogram, setHistogram] = useState<Histogram | null>(null);
  useEffect(() => {
    if (touched === null) return;
    const abort = new AbortController();
    const read = async () => {
      const events = await client.sessions.histogram(
        { connection, exact },
        { signal: abort.signal },
      );
      for await (const event of events) if (!abort.signal.aborted) setHistogram(event);
    };
    // A store that cannot be read says so where its rows are; the strip stays as it was.
    read().catch(() => {});
    return () => abort.abort();
  }, [client, connection, touched, exact]);
  return histogram;
}

export interface ExpiryStripProps {
  histogram: Histogram | null;
  /** The store's own count, where it has one: the bin of this moment straddles it, so bins alone cannot tell. */
  counted: { total: number | null; expired: number | null; exact: boolean };
  /** Value of the filter's `expires:` token; "" without one. */
  value: string;
  onRange: (value: string) => void;
}

export function ExpiryStrip({ histogram, counted, value, onRange }: ExpiryStripProps) {
  if (!histogram) return <figure className="strip" aria-label="Sessions by expiry date" />;
  const scale = scaleOf(histogram);
  const now = Date.parse(histogram.now);
  const nowBin = Math.ceil((now - scale.from) / scale.width);
  const sum = (from: number, to: number): number =>
    histogram.bins.slice(Math.max(0, from), Math.max(0, to)).reduce((a, b) => a + b, 0);
  const inBins = histogram.before + sum(0, nowBin);
  const all = histogram.after + histogram.never + histogram.before + sum(0, scale.bins);
  const exact = counted.expired !== null && counted.exact;
  const expired = exact ? (counted.expired ?? 0) : inBins;
  const active = (exact ? (counted.total ?? all) : all) - expired;
  const about = exact || (histogram.done && !histogram.estimated) ? "" : "≈ ";
  const number = (n: number): string => (n < 100_000 ? count(n) : compact(n));
  const range = rangeOf(scale, value);
  const summary = [
    `Sessions by expiry date. ${about}${count(expired)} expired before now, ${count(active)} active.`,
    range ? `Selected range ${value.replace("..", " to ")}.` : "",
  ];
  const nowAt = placeOf(scale, now);
  return (
    <figure className="strip" aria-label={summary.join(" ").trim()}>
      <figcaption className="strip-legend">
        <span
          className="st st-expired"
          style={
            nowAt >= 0 && nowAt < 18
              ? { marginLeft: `calc(${nowAt}% + ${nowAt < 4 ? 62 : 44}px)` }
              : {}
          }
        >
          <Icon icon={Ban} />
          <span>
            <b>
              {about}
              {number(expired)}
            </b>{" "}
            expired{histogram.oldest && expired > 0 ? `, oldest ${dayMonth(histogram.oldest)}` : ""}
          </span>
        </span>
        <span
          className="st st-active right"
          style={
            nowAt > 82 && nowAt <= 100
              ? { marginRight: `calc(${100 - nowAt}% + ${nowAt > 96 ? 62 : 44}px)` }
              : {}
          }
        >
          <Icon icon={CircleDot} />
          <span>
            <b>
              {about}
              {number(active)}
            </b>{" "}
            active
            {histogram.after > 0 && <span> ({number(histogram.after)} beyond)</span>}
          </span>
        </span>
      </figcaption>
      <Brush scale={scale} range={range} onRange={onRange}>
        <svg viewBox={`0 0 ${scale.bins} 40`} preserveAspectRatio="none" aria-hidden="true">
          <path className="bar-expired" d={barsPath(histogram.bins, 0, nowBin)} />
          <path className="bar-active" d={barsPath(histogram.bins, nowBin, scale.bins)} />
        </svg>
        {nowAt >= 0 && nowAt <= 100 && (
          <div
            className={`nowline${nowAt < 4 ? " is-first" : nowAt > 96 ? " is-last" : ""}`}
            style={style({ "--x": `${nowAt}%` })}
          >
            <span>now {clock(histogram.now).slice(0, 5)}</span>
          </div>
        )}
      </Brush>
      <div className="strip-axis" aria-hidden="true">
        {ticks(scale).map((tick) => (
          <span key={tick.text + tick.at} style={style({ "--x": `${tick.at}%` })}>
            {tick.text}
          </span>
        ))}
      </div>
    </figure>
  );
}

interface BrushProps {
  scale: StripScale;
  range: BinRange | null;
  onRange: (value: string) => void;
  children: React.ReactNode;
}

function Brush({ scale, range, onRange, children }: BrushProps) {
  const plot = useRef<HTMLDivElement>(null);
  const [draft, setDraft] = useState<BinRange | null>(null);
  const drag = useRef<{ anchor: number; moved: boolean } | null>(null);
  const whole: BinRange = { from: 0, to: scale.bins };
  const shown = draft ?? range ?? whole;
  const marked = draft !== null || range !== null;

  const edgeAt = (event: PointerEvent): number => {
    const box = plot.current?.getBoundingClientRect();
    if (!box) return 0;
    const place = (event.clientX - box.left) / Math.max(1, box.width);
    return Math.max(0, Math.min(scale.bins, Math.round(place * scale.bins)));
  };
  const apply = (next: BinRange): void => {
    setDraft(null);
    const all = next.from <= 0 && next.to >= scale.bins;
    onRange(all || next.to <= next.from ? "" : rangeText(scale, next));
  };
  const down = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    const handle = (event.target as HTMLElement).dataset.edge;
    const anchor = handle === "from" ? shown.to : handle === "to" ? shown.from : edgeAt(event);
    drag.current = { anchor, moved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    if (!drag.current) return;
    const { anchor } = drag.current;
    const edge = edgeAt(event);
    if (edge === anchor) return;
    drag.current.moved = true;
    setDraft({ from: Math.min(anchor, edge), to: Math.max(anchor, edge) });
  };
  const up = (): void => {
    const moved = drag.current?.moved;
    drag.current = null;
    if (moved && draft) apply(draft);
    else setDraft(null);
  };
  const keys = (edge: "from" | "to") => (event: KeyboardEvent) => {
    const day = Math.max(1, Math.round(86_400_000 / scale.width));
    const by = event.shiftKey ? day : 1;
    const moves: Record<string, number> = {
      ArrowLeft: shown[edge] - by,
      ArrowDown: shown[edge] - by,
      ArrowRight: shown[edge] + by,
      ArrowUp: shown[edge] + by,
      Home: 0,
      End: scale.bins,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      const [low, high] = edge === "from" ? [0, shown.to - 1] : [shown.from + 1, scale.bins];
      setDraft({ ...shown, [edge]: Math.max(low, Math.min(high, to)) });
    } else if (event.key === "Enter") apply(shown);
    else if (event.key === "Escape" && draft) setDraft(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const slider = (edge: "from" | "to", label: string) => (
    <div
      className="brush-handle"
      data-edge={edge}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={scale.bins}
      aria-valuenow={shown[edge]}
      aria-valuetext={edgeWords(scale.from + shown[edge] * scale.width)}
      title={`${edgeWords(scale.from + shown[edge] * scale.width)} UTC. Arrows move it, Enter filters.`}
      style={{ left: `${(100 * shown[edge]) / scale.bins}%` }}
      onKeyDown={keys(edge)}
    />
  );
  const left = (100 * shown.from) / scale.bins;
  const right = 100 - (100 * shown.to) / scale.bins;
  return (
    <div
      ref={plot}
      className="strip-plot"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
    >
      {children}
      {marked && (
        <>
          <div className="unbrushed" style={{ left: 0, right: `${100 - left}%` }} />
          <div className="unbrushed" style={{ left: `${100 - right}%`, right: 0 }} />
          <div className="brush" style={style({ "--a": `${left}%`, "--b": `${right}%` })} />
        </>
      )}
      <div className={`brush-handles${marked ? " is-marked" : ""}`}>
        {slider("from", "Expiry range, earliest")}
        {slider("to", "Expiry range, latest")}
      </div>
    </div>
  );
}
