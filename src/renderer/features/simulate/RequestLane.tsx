/** Requests as dots with labels: chosen, moved by dragging or Alt and arrows, added by a click on the free lane. */
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from "react";
import type { StepFact } from "../../../shared/run.ts";
import { visible } from "../../ui/Text.tsx";
import { changeScenario } from "./document.ts";
import { addStep, moveStep, removeStep } from "./edits.ts";
import { place, placeLabels } from "./lane-layout.ts";
import { selectStep, useStage, zoom } from "./stage.ts";
import { momentAt } from "./use-track.ts";
import { clockOf, roundStep, snap } from "./virtual-time.ts";
import "./requests.css";

const labelOf = (step: StepFact) => `${step.method ?? ""} ${step.path ?? ""} ${step.status ?? ""}`;

/** "Request 9 at 00:43:20: POST /cart/add/, status 302, saved": what assistive technology reads. */
export function describe(step: StepFact): string {
  const status = step.skipped ? "left out, already signed in" : `status ${step.status}`;
  return visible(
    `Request ${step.index + 1} at ${clockOf(step.at)}: ${step.method} ${step.path}, ${status}${step.effect ? `, ${step.effect}` : ""}`,
  );
}

/** Puts a step at another time, and follows it with the selection. */
export function moveTo(index: number, at: number): void {
  let next = index;
  changeScenario((scenario) => {
    const [moved, place] = moveStep(scenario, index, Math.max(0, Number(at.toFixed(3))));
    next = place;
    return moved;
  }, `move ${index}`);
  useStage.setState({ selected: next, time: Math.max(0, at) });
}

/** Adds a request (or whatever is asked for) and selects it. */
export function addAt(at: number, kind: Parameters<typeof addStep>[1] = "request"): void {
  let index = 0;
  changeScenario((scenario) => {
    const [next, place] = addStep(scenario, kind, at);
    index = place;
    return next;
  });
  useStage.setState({ selected: index, time: at, side: "steps" });
}

export function RequestLane({ pixels, lost }: { pixels: number; lost: ReadonlySet<number> }) {
  const run = useStage((state) => state.run);
  const axis = useStage((state) => state.axis);
  const selected = useStage((state) => state.selected);
  const [dragged, setDragged] = useState<{ index: number; at: number } | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const suppressed = useRef(false);
  const requests = useMemo(
    () =>
      (run?.steps ?? [])
        .filter((step) => step.kind === "request")
        .map((step) => ({
          ...step,
          at: dragged?.index === step.index ? dragged.at : step.at,
          text: labelOf(step),
        })),
    [run, dragged],
  );
  if (!run) return null;
  const placed = placeLabels(requests, axis, pixels, selected);
  const width = axis.to - axis.from;

  const keys = (event: KeyboardEvent, step: StepFact) => {
    const grid = roundStep(width, 60);
    if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      event.stopPropagation();
      moveTo(step.index, step.at + (event.key === "ArrowLeft" ? -grid : grid));
    } else if (event.key === "Delete") {
      event.preventDefault();
      changeScenario((scenario) => removeStep(scenario, step.index));
    } else if (event.key === "Enter") {
      event.preventDefault();
      selectStep(step.index);
      useStage.setState({ side: "steps" });
    }
  };

  const drag = (event: PointerEvent<HTMLAnchorElement>, step: StepFact) => {
    if (event.button !== 0 || !list.current) return;
    const track = list.current;
    const start = event.clientX;
    const grip = momentAt(track, start) - step.at;
    const link = event.currentTarget;
    link.setPointerCapture(event.pointerId);
    let at = step.at;
    const move = (moved: globalThis.PointerEvent) => {
      if (at === step.at && Math.abs(moved.clientX - start) < 4) return;
      suppressed.current = true;
      at = snap(momentAt(track, moved.clientX) - grip, width);
      setDragged({ index: step.index, at });
    };
    const end = () => {
      link.removeEventListener("pointermove", move);
      setDragged(null);
      if (at !== step.at) moveTo(step.index, at);
    };
    link.addEventListener("pointermove", move);
    link.addEventListener("pointerup", end, { once: true });
    link.addEventListener("pointercancel", end, { once: true });
  };

  return (
    <div className="lane lane-req">
      <div className="lane-label">
        Requests
        <small>filled: POST, open: GET</small>
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: by keyboard requests are added with "Add event". */}
      <ol
        ref={list}
        className="lane-track"
        aria-label="Requests"
        title="Click to add a request here"
        onClick={(event) => {
          if (suppressed.current) {
            suppressed.current = false;
            return;
          }
          if (event.target === event.currentTarget)
            addAt(snap(momentAt(event.currentTarget, event.clientX), width));
        }}
      >
        {placed.map(({ item, row, left, many }) => {
          const classes = [
            "req",
            item.method === "GET" || item.method === "HEAD" ? "" : "is-post",
            lost.has(item.index) ? "is-lost" : "",
            item.index === selected ? "is-sel" : "",
            item.skipped ? "is-skipped" : "",
            row === null ? "is-bare" : "",
            left ? "is-left" : "",
          ];
          return (
            <li
              key={item.index}
              className={classes.filter(Boolean).join(" ")}
              style={{ left: `${place(axis, item.at)}%`, "--row": row ?? 0 } as React.CSSProperties}
            >
              <a
                href={`#request-${item.index + 1}`}
                data-step={item.index}
                aria-label={
                  many > 1 ? `${describe(item)}; ${many} requests stand here` : describe(item)
                }
                aria-current={item.index === selected ? "true" : undefined}
                tabIndex={
                  item.index === selected || (selected === null && item.index === 0) ? 0 : -1
                }
                draggable={false}
                title={`${clockOf(item.at)}  ${visible(item.effect)}`}
                onPointerDown={(event) => drag(event, item)}
                onKeyDown={(event) => keys(event, item)}
                onClick={(event) => {
                  event.preventDefault();
                  if (suppressed.current) suppressed.current = false;
                  else if (many > 1) zoom(0.3, item.at);
                  else selectStep(item.index);
                }}
              >
                <span className="lbl">
                  {item.method} <b>{visible(item.path ?? "")}</b>{" "}
                  {item.skipped ? "left out" : item.status}
                </span>
                <span className="dot">{many > 1 ? "…" : item.index + 1}</span>
              </a>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
