/** Seconds on the virtual clock as text, and text as seconds. */

const two = (n: number) => String(n).padStart(2, "0");

/** "00:43:20"; with days "2 d 00:43:20"; parts of a second only within the first hour: "00:00:01.5". */
export function clockOf(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const fine = Math.abs(seconds) < 3600;
  const millis = fine ? Math.round(Math.abs(seconds) * 1000) : 1000 * Math.floor(Math.abs(seconds));
  const whole = Math.floor(millis / 1000);
  const days = Math.floor(whole / 86_400);
  const rest = whole % 86_400;
  const part = millis % 1000;
  const tail = part === 0 ? "" : `.${String(part).padStart(3, "0").replace(/0+$/, "")}`;
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}${tail}`;
  return `${sign}${days > 0 ? `${days} d ` : ""}${clock}`;
}

const units: Record<string, number> = {
  s: 1,
  sec: 1,
  min: 60,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Seconds of "90", "1.5 h", "31:05", "00:31:05" or "2 d 00:10:00"; null where it is none of them. */
export function secondsOf(text: string): number | null {
  const match = /^(?:(\d+)\s*d\s+)?(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(text.trim());
  if (match) {
    const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
    return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  }
  const single = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = units[single?.[2]?.toLowerCase() || "s"];
  return single && unit !== undefined ? Number(single[1]) * unit : null;
}

const steps = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600,
  43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000, 157_680_000,
];

/** The round step of which about `parts` fit into `width` seconds. */
export function roundStep(width: number, parts: number): number {
  return steps.find((step) => width / step <= parts) ?? width / parts;
}

/** A moment put on the grid a pointer can hit. */
export function snap(seconds: number, width: number): number {
  const step = roundStep(width, 200);
  return Math.max(0, Number((Math.round(seconds / step) * step).toFixed(3)));
}

/** "30 min", "2 w", "1 h 30 min": a setting's seconds in words. */
export function spanText(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  const parts: string[] = [];
  let left = Math.abs(seconds);
  for (const [name, size] of [
    ["w", 604_800],
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const) {
    const n = name === "s" ? Number(left.toFixed(1)) : Math.floor(left / size);
    if (n > 0) parts.push(`${n} ${name}`);
    left -= n * size;
  }
  return `${seconds < 0 ? "-" : ""}${parts.slice(0, 2).join(" ") || "0 s"}`;
}
