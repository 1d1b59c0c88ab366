/** Playing: the playhead moves linearly; where motion is to be reduced it goes from event to event. */
import { useEffect } from "react";
import { momentsOf, seek, setAxis, stepMoment, useStage } from "./stage.ts";

const fitSeconds = 12;
const stillMs = 900;

const reduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function togglePlay(): void {
  const { playing, run, time } = useStage.getState();
  if (!run) return;
  if (!playing && time >= lastMoment()) seek(0);
  useStage.setState({ playing: !playing });
}

function lastMoment(): number {
  const { run } = useStage.getState();
  return run ? (momentsOf(run).at(-1) ?? 0) : 0;
}

/** Moves the playhead while it plays. Called once by the view. */
export function usePlaying(): void {
  const playing = useStage((state) => state.playing);
  useEffect(() => {
    if (!playing) return;
    const end = lastMoment();
    if (reduced()) {
      const timer = setInterval(() => {
        if (useStage.getState().time >= end) return useStage.setState({ playing: false });
        stepMoment(1);
        useStage.setState({ playing: true });
      }, stillMs);
      return () => clearInterval(timer);
    }
    let before = performance.now();
    let frame = requestAnimationFrame(function move(now) {
      const { axis, speed, time } = useStage.getState();
      const width = axis.to - axis.from;
      const perSecond = speed === "fit" ? width / fitSeconds : Number(speed);
      const next = time + (perSecond * (now - before)) / 1000;
      before = now;
      seek(Math.min(next, end));
      if (next > axis.to) setAxis({ from: next, to: next + width });
      if (next >= end) useStage.setState({ playing: false });
      else frame = requestAnimationFrame(move);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);
}
