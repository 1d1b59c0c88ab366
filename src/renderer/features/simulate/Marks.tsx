/** Lines over all lanes for what ends or changes a session, and the playhead. */
import {
  AppWindow,
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
import type { Mark, MarkKind, SimRun } from "../../../shared/run.ts";
import { Icon } from "../../ui/Icon.tsx";
import { visible } from "../../ui/Text.tsx";
import { inSight, place } from "./lane-layout.ts";
import { type Axis, lastAt, seek, selectStep, useStage } from "./stage.ts";
import { momentAt } from "./use-track.ts";
import { clockOf } from "./virtual-time.ts";
import "./marks.css";

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

interface PlacedMark {
  mark: Mark;
  /** Everything that happened at this place, in words. */
  text: string;
  /** Pixels its words may take. */
  room: number;
  left: boolean;
}

/** The marks with a line, in sight; of those at one place the weightiest is drawn and all are told. */
function placeMarks(run: SimRun, axis: Axis, pixels: number): PlacedMark[] {
  const pixel = (mark: Mark) => (place(axis, mark.at) * pixels) / 100;
  const byPlace = new Map<number, Mark[]>();
  for (const mark of run.marks) {
    if (!looks[mark.kind] || !inSight(axis, mark.at)) continue;
    const x = Math.round(pixel(mark) / 6);
    const there = byPlace.get(x);
    if (there) there.push(mark);
    else byPlace.set(x, [mark]);
  }
  const groups = [...byPlace.values()]
    .map((marks) => marks.sort((a, b) => weight(a.kind) - weight(b.kind)))
    .flatMap(([mark, ...others]) => (mark ? [{ mark, others }] : []))
    .sort((a, b) => a.mark.at - b.mark.at);
  return groups.map(({ mark, others }, index) => {
    const [next, last] = [groups[index + 1], groups[index - 1]];
    const after = (next ? pixel(next.mark) : pixels + 26) - pixel(mark);
    const before = pixel(mark) - (last ? pixel(last.mark) : 0) - 130;
    const all = [mark, ...others.slice(0, 5)];
    return {
      mark,
      text: all.map(({ at, text }) => `${clockOf(at)}: ${visible(text)}`).join(" "),
      room: Math.max(after, before),
      left: after < 120 && before > after,
    };
  });
}

export function Marks({ run, pixels }: { run: SimRun; pixels: number }) {
  const axis = useStage((state) => state.axis);
  return placeMarks(run, axis, pixels).map(({ mark, text, room, left }) => {
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
          aria-label={text}
          title={text}
          onClick={() => (step === null ? seek(mark.at) : selectStep(step))}
        >
          <Icon icon={look.icon} />
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
