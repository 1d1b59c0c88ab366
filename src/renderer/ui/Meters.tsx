/** Waiting and progress, drawn: skeleton bars and the progress bar. */
import type { CSSProperties } from "react";

const custom = (name: string, value: string | number) => ({ [name]: value }) as CSSProperties;

export function Skeleton({ width }: { width: string }) {
  return <span className="skel" style={custom("--w", width)} />;
}

export interface ProgressBarProps {
  /** 0 to 100; null: not known. */
  value: number | null;
  label: string;
  text?: string;
  className?: string;
}

export function ProgressBar({ value, label, text, className }: ProgressBarProps) {
  const shown = value === null ? null : Math.max(0, Math.min(100, value));
  return (
    <div
      className={`progress${shown === null ? " is-unknown" : ""} ${className ?? ""}`.trim()}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(shown === null ? {} : { "aria-valuenow": Math.round(shown) })}
      aria-valuetext={text}
    >
      <i style={custom("--v", shown ?? 0)} />
    </div>
  );
}
