/** The fleet's assumptions as the form asks for them: names, units, the values to begin with. */
import type { LabModel } from "../../../shared/lab.ts";

export interface LabField {
  name: Exclude<keyof LabModel, "clearEvery">;
  label: string;
  unit: string;
  /** Shown and typed as per cent. */
  share?: boolean;
  min: number;
  max: number;
}

export interface LabGroup {
  title: string;
  fields: LabField[];
}

export const groups: LabGroup[] = [
  {
    title: "Visitors",
    fields: [
      { name: "visitsPerDay", label: "New visitors a day", unit: "visits", min: 0.01, max: 2e7 },
      { name: "days", label: "Time simulated", unit: "days", min: 0.01, max: 366 },
      {
        name: "returnShare",
        label: "Come back with the same browser",
        unit: "%",
        share: true,
        min: 0,
        max: 0.95,
      },
      {
        name: "returnAfter",
        label: "Come back after, mean",
        unit: "s",
        min: 0.001,
        max: 31_536_000,
      },
    ],
  },
  {
    title: "A visit",
    fields: [
      {
        name: "requestsPerVisit",
        label: "Requests a visit, mean",
        unit: "requests",
        min: 1,
        max: 1000,
      },
      { name: "pause", label: "Pause between requests, mean", unit: "s", min: 0.001, max: 86_400 },
      { name: "longPauseShare", label: "Long pauses", unit: "%", share: true, min: 0, max: 1 },
      { name: "longPause", label: "Long pause, mean", unit: "s", min: 0.001, max: 31_536_000 },
      {
        name: "writeShare",
        label: "Requests that change the session",
        unit: "%",
        share: true,
        min: 0,
        max: 1,
      },
      { name: "dataBytes", label: "Data of a session", unit: "bytes", min: 0, max: 1_000_000 },
    ],
  },
  {
    title: "How visits begin and end",
    fields: [
      { name: "loginShare", label: "Sign in", unit: "%", share: true, min: 0, max: 1 },
      { name: "logoutShare", label: "Log out at the end", unit: "%", share: true, min: 0, max: 1 },
      {
        name: "closeShare",
        label: "Close the browser at the end",
        unit: "%",
        share: true,
        min: 0,
        max: 1,
      },
    ],
  },
  {
    title: "The draw",
    fields: [{ name: "seed", label: "Seed", unit: "", min: 0, max: 4_294_967_295 }],
  },
];

export const startModel: LabModel = {
  seed: 1,
  days: 28,
  visitsPerDay: 10_000,
  requestsPerVisit: 8,
  pause: 60,
  longPauseShare: 0.05,
  longPause: 2400,
  loginShare: 0.3,
  writeShare: 0.25,
  logoutShare: 0.1,
  closeShare: 0.3,
  returnShare: 0.3,
  returnAfter: 172_800,
  dataBytes: 200,
  clearEvery: 86_400,
};

const whole = ["seed", "dataBytes"];

/** What was typed for a field, or why it is none. */
export function readField(field: LabField, text: string): { value: number } | { bad: string } {
  const typed = Number(text.replaceAll(",", ""));
  const value = field.share ? typed / 100 : typed;
  if (text.trim() === "" || !Number.isFinite(typed)) return { bad: "A number is needed." };
  if (whole.includes(field.name) && !Number.isInteger(value))
    return { bad: "A whole number is needed." };
  const factor = field.share ? 100 : 1;
  if (value < field.min || value > field.max)
    return {
      bad: `From ${(field.min * factor).toLocaleString("en-US")} to ${(field.max * factor).toLocaleString("en-US")}.`,
    };
  return { value };
}
