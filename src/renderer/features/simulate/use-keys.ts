/** Keys of the simulator. Space and arrows alone work wherever the focus is on nothing that needs them itself. */
import { useEffect } from "react";
import { useApp } from "../../state/app.ts";
import { redoEdit, undoEdit } from "./document.ts";
import { saveScenario } from "./files.ts";
import { togglePlay } from "./play.ts";
import { fitAxis, seek, setAxis, stepMoment, useStage, zoom } from "./stage.ts";

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Inside the timeline every plain key is the clock's; elsewhere controls keep their own. */
function isFree(target: EventTarget | null, key: string): boolean {
  if (typing(target)) return false;
  if (!(target instanceof Element)) return true;
  if (target.closest("[role=menu], [role=tablist]")) return false;
  if (target.closest("[data-timeline]")) return key !== " " || !target.closest("button");
  return !target.closest("button, a, [role=slider]") || key.startsWith("Arrow");
}

export function useSimulateKeys(open: () => void): void {
  useEffect(() => {
    const commands = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      const key = event.key.toLowerCase();
      const act = (run: () => void) => {
        event.preventDefault();
        event.stopPropagation();
        run();
      };
      if (key === "s" && !event.shiftKey) act(() => void saveScenario());
      else if (key === "o" && event.shiftKey) act(open);
      else if (key === "z" && !typing(event.target)) act(event.shiftKey ? redoEdit : undoEdit);
      else if (key === "y" && !typing(event.target)) act(redoEdit);
    };
    const plain = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]") || !isFree(event.target, event.key)) return;
      const { singleKeys } = useApp.getState();
      const { time, table } = useStage.getState();
      const run = useStage.getState().run;
      const acts: Record<string, () => void> = {
        " ": togglePlay,
        ArrowLeft: () => (event.shiftKey ? seek(time - 1) : stepMoment(-1)),
        ArrowRight: () => (event.shiftKey ? seek(time + 1) : stepMoment(1)),
        ...(singleKeys
          ? {
              "+": () => zoom(0.625),
              "=": () => zoom(0.625),
              "-": () => zoom(1.6),
              "0": () => run && setAxis(fitAxis(run)),
              t: () => useStage.setState({ table: !table }),
            }
          : {}),
      };
      const act = acts[event.key];
      if (!act) return;
      event.preventDefault();
      act();
      focusSelected();
    };
    // Undo comes before the frame's own, which puts sessions back.
    addEventListener("keydown", commands, true);
    addEventListener("keydown", plain);
    return () => {
      removeEventListener("keydown", commands, true);
      removeEventListener("keydown", plain);
    };
  }, [open]);
}

/** The focus goes with the selection as long as it is among the requests. */
function focusSelected(): void {
  if (!document.activeElement?.closest(".lane-req")) return;
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(".lane-req [aria-current=true]")?.focus(),
  );
}
