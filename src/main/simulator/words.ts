/** Moments and durations of a scenario in words. */

const two = (value: number): string => String(value).padStart(2, "0");

/** "00:31:05", "2 d 04:00:00", "00:00:00.25": seconds after the start. */
export function clock(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const micros = Math.round(Math.abs(seconds) * 1e6);
  const whole = Math.floor(micros / 1e6);
  const fraction = micros % 1e6;
  const days = Math.floor(whole / 86_400);
  const time = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map(two)
    .join(":");
  const rest = fraction === 0 ? "" : `.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`;
  return `${sign}${days > 0 ? `${days} d ` : ""}${time}${rest}`;
}

const units: readonly (readonly [number, string])[] = [
  [604_800, "week"],
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** "33 min 55 s", "2 weeks", "0.25 s": the two largest units that are not zero. */
export function duration(seconds: number): string {
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds < 1) return `${Number(seconds.toFixed(6))} s`;
  const parts: string[] = [];
  let left = Math.floor(seconds);
  for (const [size, name] of units) {
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count} ${name === "week" && count > 1 ? "weeks" : name}`);
    left -= count * size;
  }
  return parts.slice(0, 2).join(" ");
}

/** "auto…0001" */
export const shortKey = (key: string): string =>
  key.length <= 12 ? key : `${key.slice(0, 5)}…${key.slice(-4)}`;

/** "1 row", "2 rows" */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** Cut at a number of characters. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}…`;
