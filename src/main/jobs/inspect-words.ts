/** Times and durations in words, for sentences. */

const units = [
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A setting's length of time: "2 weeks", "1 hour", "90 minutes", "1.5 seconds". `seconds` is not negative. */
export function lengthText(seconds: number): string {
  for (const [name, size] of units)
    if (seconds >= size && seconds % size === 0) return plural(seconds / size, name);
  return plural(seconds, "second");
}

const plural = (count: number, name: string): string => `${count} ${name}${count === 1 ? "" : "s"}`;

const shortUnits = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** A distance in time, cut to its two largest units: "3 d 4 h", "12 min 5 s", "0 s". `ms` is not negative. */
export function distanceText(ms: number): string {
  let rest = Math.floor(ms / 1000);
  const parts: string[] = [];
  for (const [name, size] of shortUnits) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || parts.length > 0) parts.push(`${count} ${name}`);
    if (parts.length === 2) break;
  }
  return parts.filter((part, index) => index === 0 || !part.startsWith("0 ")).join(" ") || "0 s";
}

/** "2026-11-06 10:42:18 UTC" of an ISO time in UTC. */
export const momentText = (iso: string): string => `${iso.slice(0, 19).replace("T", " ")} UTC`;
