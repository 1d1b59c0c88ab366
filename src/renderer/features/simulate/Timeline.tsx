/** All lanes on one axis: the ruler, requests, cookie, stored session, cache copy, data, and the playhead over them. */
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import type { SimRun } from "../../../shared/run.ts";
import { CookieLane, SessionLane } from "./Bars.tsx";
import { DataLane } from "./DataLane.tsx";
import { LaneLists } from "./LaneLists.tsx";
import { place } from "./lane-layout.ts";
import { Marks, Playhead, scrub } from "./Marks.tsx";
import { RequestLane } from "./RequestLane.tsx";
import { endOf, setAxis, useStage, zoom } from "./stage.ts";
import { momentAt, useTrack } from "./use-track.ts";
import { clockOf, roundStep } from "./virtual-time.ts";
import "./timeline.css";

const stores: Record<SimRun["engine"], { name: string; none: string }> = {
  db: { name: "Server session", none: "No row is stored." },
  cached_db: { name: "Server session", none: "No row is stored." },
  cache: { name: "Cache entry", none: "Nothing is in the cache." },
  file: { name: "Session file", none: "No file is stored." },
  signed_cookies: { name: "Server session", none: "Nothing is stored: the cookie is the session." },
};

function Ruler({ onScrub }: { onScrub: (event: React.PointerEvent<Element>) => void }) {
  const axis = useStage((state) => state.axis);
  const step = roundStep(axis.to - axis.from, 7);
  const from = Math.ceil(axis.from / step) * step;
  const ticks = Array.from({ length: 12 }, (_, index) => from + index * step).filter(
    (at) => at <= axis.to,
  );
  const short = (at: number) => (step >= 60 ? clockOf(at).replace(/:00$/, "") : clockOf(at));
  return (
    <div className="lane ruler">
      <div />
      <div className="lane-track" onPointerDown={onScrub} aria-hidden="true">
        {ticks.map((at) => (
          <i key={at} className="tick" style={{ left: `${place(axis, at)}%` }}>
            <span>{short(at)}</span>
          </i>
        ))}
      </div>
    </div>
  );
}

/** A native scroll bar under the lanes, there as long as only a part of the axis is in sight. */
function Scroll({ run }: { run: SimRun }) {
  const axis = useStage((state) => state.axis);
  const ref = useRef<HTMLDivElement>(null);
  const end = endOf(run);
  const part = (axis.to - axis.from) / end;
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const left = (axis.from / end) * element.scrollWidth;
    if (Math.abs(element.scrollLeft - left) > 1) element.scrollLeft = left;
  }, [axis, end]);
  if (part > 0.999) return null;
  return (
    <section
      ref={ref}
      className="axis-scroll"
      aria-label="Part of the axis in sight"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard.
      tabIndex={0}
      onScroll={(event) => {
        const { scrollLeft, scrollWidth } = event.currentTarget;
        const from = (scrollLeft / scrollWidth) * end;
        const width = axis.to - axis.from;
        if (Math.abs(from - axis.from) > (2 * end) / scrollWidth)
          setAxis({ from, to: from + width });
      }}
    >
      <i style={{ width: `${Math.min(20_000, 100 / part)}%` }} />
    </section>
  );
}

export function Timeline({ run, name }: { run: SimRun; name: string }) {
  const { ref, pixels } = useTrack();
  const section = useRef<HTMLElement>(null);
  const lost = useMemo(() => {
    const kinds = ["lost", "interrupted", "exception", "notSaved"];
    return new Set(
      run.marks.flatMap(({ kind, step }) => (step !== null && kinds.includes(kind) ? [step] : [])),
    );
  }, [run]);

  useEffect(() => {
    const draw = () => {
      const { axis, time } = useStage.getState();
      const now = Math.min(101, Math.max(-1, place(axis, time)));
      section.current?.style.setProperty("--now", `${now}%`);
    };
    draw();
    return useStage.subscribe(draw);
  }, []);

  useEffect(() => {
    const element = section.current;
    const wheel = (event: WheelEvent) => {
      const { axis } = useStage.getState();
      const width = axis.to - axis.from;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const around = ref.current ? momentAt(ref.current, event.clientX) : undefined;
        zoom(event.deltaY > 0 ? 1.25 : 0.8, around);
      } else if (event.deltaX !== 0 || event.shiftKey) {
        event.preventDefault();
        const by = ((event.deltaX || event.deltaY) / pixels) * width;
        setAxis({ from: axis.from + by, to: axis.to + by });
      }
    };
    // Not passive: with Ctrl the browser would zoom the page.
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, [pixels, ref]);

  const { lanes } = run;
  const { name: storeName, none } = stores[run.engine];
  return (
    <section
      ref={section}
      className="tl"
      aria-label={`Timeline, ${name}`}
      data-region="timeline"
      data-timeline
    >
      <Ruler onScrub={(event) => scrub(event, ref.current)} />
      <RequestLane pixels={pixels} lost={lost} />
      <CookieLane spans={lanes.cookie} pixels={pixels} />
      <SessionLane name={storeName} spans={lanes.session} pixels={pixels} none={none} />
      {run.engine === "cached_db" && (
        <SessionLane
          name="Cache copy"
          spans={lanes.cache}
          pixels={pixels}
          none="No copy is in the cache."
        />
      )}
      <DataLane data={lanes.data} pixels={pixels} />
      <Scroll run={run} />
      <div className="over" ref={ref}>
        <Marks run={run} pixels={pixels} />
        <Playhead run={run} track={ref.current} />
      </div>
      <LaneLists run={run} storeName={storeName} />
    </section>
  );
}
