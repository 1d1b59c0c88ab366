/** The width of the lanes in pixels, and moments under the pointer. */
import { type RefObject, useLayoutEffect, useRef, useState } from "react";
import { useStage } from "./stage.ts";

export interface Track {
  ref: RefObject<HTMLDivElement | null>;
  pixels: number;
}

/** Measures the element that spans the axis. */
export function useTrack(): Track {
  const ref = useRef<HTMLDivElement>(null);
  const [pixels, setPixels] = useState(900);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setPixels(element.clientWidth || 900));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, pixels };
}

/** The moment at a place on the screen, measured on an element that spans the axis. */
export function momentAt(element: Element, clientX: number): number {
  const box = element.getBoundingClientRect();
  const { from, to } = useStage.getState().axis;
  return from + ((clientX - box.left) / Math.max(1, box.width)) * (to - from);
}
