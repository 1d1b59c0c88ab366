/** Lines over all lanes for what ends or changes a session, and the playhead. */
import {
  AppWindow,
  Ban,
  Brush,
  CircleAlert,
  DatabaseZap,
  Eraser,
  LogIn,
  LogOut,
  type LucideIcon,
  SaveOff,
  Trash2,
  Unplug,
} from "lucide-react";
import type { KeyboardEvent, PointerEvent } from "react";
import type { Mark, MarkKind, SimRun } from "../../../shared/simulator.ts";
import { Icon } from "../../ui/Icon.tsx";
import { visible } from "../../ui/Text.tsx";
import { inSight, place } from "./lane-layout.ts";
import { lastAt, seek, selectStep, useStage } from "./stage.ts";
import { momentAt } from "./use-track.ts";
import { clockOf } from "./virtual-time.ts";

interface Look {
  icon: LucideIcon;
  tone: "lost" | "close" | "clear" | "plain";
  text: string;
}

/** Kinds that have a line; saves, cookies and new keys are marked inside their lanes. */
const looks: Partial<Record<MarkKind, Look>> = {
  lost: { icon: LogOut, tone: "lost", text: "lost" },
  notSaved: { icon: SaveOff, tone: "lost", text: "not saved" },
  interrupted: { icon: Unplug, tone: "lost", text: "interrupted" },
  exception: { icon: CircleAlert, tone: "lost", text: "error" },
  browserClosed: { icon: AppWindow, tone: "close", text: "browser closed" },
  clearsessions: { icon: Brush, tone: "clear", text: "clearsessions" },
  deleted: { icon: Trash2, tone: "clear", text: "deleted" },
  eviction: { icon: DatabaseZap, tone: "clear", text: "evicted" },
  flush: { icon: Eraser, tone: "plain", text: "flush" },
  login: { icon: LogIn, tone: "plain", text: "login" },
};

const weight = (kind: MarkKind) => Object.keys(looks).indexOf(kind);

/** The marks with a line, in sight, each with the pixels its words may take; the weightier one of two at one place. */
function placeMarks(run: SimRun, axis: { from: number; to: number }, pixels: number) {
  const byPlace = new Map<number, Mark>();
  for (const mark of run.marks) {
    if (!looks[mark.kind] || !inSight(axis, mark.at)) continue;
    const x = Math.round((place(axis, mark.at) * pixels) / 100 / 6);
    const there = byPlace.get(x);
    if (!there || weight(mark.kind) < weight(there.kind)) byPlace.set(x, mark);
  }
  const marks = [...byPlace.values()].sort((a, b) => a.at - b.at);
  const x = (mark: Mark | undefined, otherwise: number) =>
    mark ? (place(axis, mark.at) * pixels) / 100 : otherwise;
  return marks.map((mark, index) => {
    const after = x(marks[index + 1], pixels + 26) - x(mark, 0);
    const before = x(mark, 0) - x(marks[index - 1], 0) - 130;
    return { mark, room: Math.max(after, before), left: after < 120 && before > after };
  });
}

export function Marks({ run, pixels }: { run: SimRun; pixels: number }) {
  const axis = useStage((state) => state.axis);
  return placeMarks(run, axis, pixels).map(({ mark, room, left }) => {
    const look = looks[mark.kind];
    if (!look) return null;
    const words = `${look.text} ${clockOf(mark.at)}`;
    const { step } = mark;
    return (
      <div
        key={`${mark.kind} ${mark.at} ${mark.step}`}
        className={`mark mark-${look.tone}${left ? " is-left" : ""}`}
        style={{ left: `${place(axis, mark.at)}%` }}
      >
        <button
          type="button"
          tabIndex={-1}
          aria-label={`${clockOf(mark.at)}: ${visible(mark.text)}`}
          title={`${clockOf(mark.at)}: ${visible(mark.text)}`}
          onClick={() => (step === null ? seek(mark.at) : selectStep(step))}
        >
          <Icon icon={look.icon ?? Ban} />
          {room > words.length * 5.6 + 24
            ? words
            : room > look.text.length * 6 + 24
              ? look.text
              : ""}
        </button>
      </div>
    );
  });
}

/** Scrubs from wherever the pointer goes down, until it goes up. `track` spans the axis. */
export function scrub(event: PointerEvent<Element>, track: Element | null): void {
  if (event.button !== 0 || !track) return;
  event.preventDefault();
  const to = (clientX: number) => {
    useStage.setState({ playing: false });
    const { axis } = useStage.getState();
    seek(Math.min(axis.to, Math.max(axis.from, momentAt(track, clientX))));
  };
  to(event.clientX);
  const move = (moved: globalThis.PointerEvent) => to(moved.clientX);
  addEventListener("pointermove", move);
  addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
}

export function Playhead({ run, track }: { run: SimRun; track: Element | null }) {
  const time = useStage((state) => state.time);
  const axis = useStage((state) => state.axis);
  const step = useStage((state) => (state.selected === null ? null : run.steps[state.selected]));
  const keys = (event: KeyboardEvent) => {
    const page = (axis.to - axis.from) / 10;
    const moves: Record<string, number> = {
      Home: 0,
      End: lastAt(run),
      PageUp: time - page,
      PageDown: time + page,
      ArrowDown: time - 1,
      ArrowUp: time + 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    seek(to);
  };
  const text = `${clockOf(time)}${step ? `, step ${step.index + 1}, ${step.label}` : ""}`;
  return (
    <div
      className="playhead"
      hidden={!inSight(axis, time)}
      role="slider"
      tabIndex={0}
      aria-label="Virtual time"
      aria-valuemin={0}
      aria-valuemax={Math.ceil(run.span)}
      aria-valuenow={Math.round(time)}
      aria-valuetext={visible(text)}
      onKeyDown={keys}
      onPointerDown={(event) => scrub(event, track)}
    >
      <span>{clockOf(Number(time.toFixed(time % 1 && axis.to - axis.from < 20 ? 1 : 0)))}</span>
    </div>
  );
}
