/** Lanes of bars: the browser's cookie, the stored session, the copy in the cache. Solid up to the playhead, dashed after. */
import { Cookie, Download, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import type { CookieSpan, SessionSpan } from "../../../shared/run.ts";
import { shortKey } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { visible } from "../../ui/Text.tsx";
import { extent, pinned, place, rowsOfKeys, thin, withGaps, wordsPlace } from "./lane-layout.ts";
import { type Axis, useStage } from "./stage.ts";
import { clockOf } from "./virtual-time.ts";
import "./bars.css";

const lineHeight = 23;

export interface LaneProps {
  name: ReactNode;
  small?: ReactNode;
  lines?: number;
  className?: string;
  /** Drawn twice: as it was, and as it will be. */
  children: ReactNode;
}

/** One lane. The two layers are cut at the playhead by CSS, so that playing draws nothing anew. */
export function Lane({ name, small, lines = 1, className, children }: LaneProps) {
  return (
    <div className={`lane ${className ?? ""}`.trim()}>
      <div className="lane-label">
        {name}
        {small && <small>{small}</small>}
      </div>
      <div className="lane-track" style={{ height: 17 + lineHeight * lines }} aria-hidden="true">
        <div className="tl-layer was">{children}</div>
        <div className="tl-layer ahead">{children}</div>
      </div>
    </div>
  );
}

const y = (row: number) => 9 + row * lineHeight;

function Pins({
  at,
  axis,
  row,
  icon,
  title,
}: {
  at: readonly number[];
  axis: Axis;
  row: number;
  icon: typeof Cookie;
  title: string;
}) {
  return pinned(axis, at).map((moment) => (
    <span
      key={moment}
      className="pin"
      style={{ left: `${place(axis, moment)}%`, top: y(row) + 2.5 }}
      title={title}
    >
      <Icon icon={icon} />
    </span>
  ));
}

/** A bar's words, between its pins. */
function Words(props: {
  axis: Axis;
  pixels: number;
  bar: { from: number; to: number };
  pins: readonly number[];
  name: string;
  more: string;
}) {
  const { axis, pixels, bar, pins, name, more } = props;
  const text = `${name} ${more}`;
  const where = wordsPlace(axis, pixels, bar, pins, text.length);
  if (!where) return null;
  const shown = where.width >= 5.6 * text.length ? text : name;
  return <em style={{ marginLeft: where.left, width: where.width }}>{visible(shown)}</em>;
}

const untilText = (span: CookieSpan) =>
  span.browserLength
    ? "until the browser closes"
    : span.expires === null
      ? ""
      : `until ${clockOf(span.expires)}`;

export function CookieLane({ spans, pixels }: { spans: readonly CookieSpan[]; pixels: number }) {
  const axis = useStage((state) => state.axis);
  const shown = thin(withGaps(spans), axis, pixels);
  return (
    <Lane
      name="Browser cookie"
      small={
        <>
          <Icon icon={Cookie} />
          Set-Cookie
        </>
      }
      className="lane-cookie"
    >
      {shown.map((span) =>
        "gap" in span ? (
          <span
            key={`gap ${span.from}`}
            className="bar bar-lost"
            style={{ ...extent(axis, span.from, span.to), top: y(0) }}
          >
            none
          </span>
        ) : (
          <span key={span.from}>
            <span
              className={`bar ${span.browserLength ? "bar-browser" : "bar-cookie"}${span.end === "open" ? " is-open" : ""}`}
              style={{ ...extent(axis, span.from, span.to), top: y(0) }}
              title={`${visible(span.value)}, ${untilText(span)}`}
            >
              <Words
                axis={axis}
                pixels={pixels}
                bar={span}
                pins={pinned(axis, span.sent)}
                name={shortKey(span.value)}
                more={untilText(span)}
              />
            </span>
            <Pins at={span.sent} axis={axis} row={0} icon={Cookie} title="Set-Cookie" />
          </span>
        ),
      )}
    </Lane>
  );
}

export interface SessionLaneProps {
  name: string;
  spans: readonly SessionSpan[];
  pixels: number;
  /** What is said where there is nothing to draw. */
  none: string;
}

export function SessionLane({ name, spans, pixels, none }: SessionLaneProps) {
  const axis = useStage((state) => state.axis);
  const { rows, count, hidden } = rowsOfKeys(spans);
  const begins = new Set<string>();
  const seen = thin(spans, axis, pixels, ({ key }) => rows.get(key) ?? 99);
  return (
    <Lane
      name={name}
      small={
        hidden > 0 ? (
          `${hidden} more in the table`
        ) : (
          <>
            <Icon icon={KeyRound} />
            new key <Icon icon={Download} />
            save
          </>
        )
      }
      lines={count}
      className="lane-server"
    >
      {spans.length === 0 && <span className="lane-none">{none}</span>}
      {seen.map((span) => {
        const row = rows.get(span.key);
        if (row === undefined) return null;
        const first = !begins.has(span.key) && span.state === "live";
        begins.add(span.key);
        // The key's own pin stands for the save that made it.
        const saves = first ? span.saves.filter((at) => at > span.from) : span.saves;
        const end = span.expires === null ? "never expires" : `expires ${clockOf(span.expires)}`;
        const text = span.state === "expired" ? "expired, still stored" : end;
        return (
          <span key={`${span.key} ${span.from} ${span.state}`}>
            <span
              className={`bar ${span.state === "expired" ? "bar-row" : "bar-server"}${span.end === "open" ? " is-open" : ""}`}
              style={{ ...extent(axis, span.from, span.to), top: y(row) }}
              title={`${visible(span.key)}: ${text}`}
            >
              {span.state === "expired" ? (
                <em>{text}</em>
              ) : (
                <Words
                  axis={axis}
                  pixels={pixels}
                  bar={span}
                  pins={[...(first ? pinned(axis, [span.from]) : []), ...pinned(axis, saves)]}
                  name={shortKey(span.key)}
                  more={text}
                />
              )}
            </span>
            {first && (
              <Pins at={[span.from]} axis={axis} row={row} icon={KeyRound} title="New key" />
            )}
            {span.state === "live" && (
              <Pins at={saves} axis={axis} row={row} icon={Download} title="Saved" />
            )}
          </span>
        );
      })}
    </Lane>
  );
}
