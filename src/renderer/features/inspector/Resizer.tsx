/** The inspector's left edge: dragged, or moved with the arrows. 320 to 640 px, kept between visits. */
import { type KeyboardEvent, type PointerEvent, useState } from "react";

const least = 320;
const most = 640;
const saved = "sessionscope-inspector-width";

const clamp = (width: number): number => Math.max(least, Math.min(most, Math.round(width)));

export function useWidth(): [number, (width: number) => void] {
  const [width, setWidth] = useState(() => {
    const before = Number(localStorage.getItem(saved));
    return before ? clamp(before) : innerWidth <= 1240 ? 340 : 364;
  });
  return [
    width,
    (next) => {
      setWidth(clamp(next));
      localStorage.setItem(saved, String(clamp(next)));
    },
  ];
}

export function Resizer({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const right = event.currentTarget.parentElement?.getBoundingClientRect().right ?? innerWidth;
    onWidth(right - event.clientX);
  };
  const keys = (event: KeyboardEvent) => {
    const by = event.shiftKey ? 64 : 16;
    const to: Record<string, number> = {
      ArrowLeft: width + by,
      ArrowRight: width - by,
      Home: most,
      End: least,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(next);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that moves is a widget; hr is not
    <div
      className="ins-resizer"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the inspector"
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={width}
      tabIndex={0}
      onKeyDown={keys}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={drag}
    />
  );
}
