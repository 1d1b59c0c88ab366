/** What a project's settings say against what the store holds: engine, table, keys, serializer. */
import type { FilledSettings, TestResult } from "../../../shared/connection.ts";
import type { ProjectFinding, ProjectSetting } from "../../../shared/project.ts";
import type { Store } from "../../stores/driver.ts";

/** What was seen of the store: a sample of its sessions, with their signatures and serializers. */
export interface Seen {
  store: Pick<Store, "kind" | "title">;
  settings: FilledSettings;
  sampled: TestResult["sampled"];
  serializers: ReadonlyMap<string, number>;
  hasKey: boolean;
}

export function checkProject(settings: readonly ProjectSetting[], seen: Seen): ProjectFinding[] {
  const text = (name: string): string | null =>
    settings.find((one) => one.name === name)?.value?.replace(/^'(.*)'$/, "$1") ?? null;
  return [
    ...engine(text("SESSION_ENGINE"), seen),
    ...keys(settings, seen),
    ...serializer(text("SESSION_SERIALIZER"), seen),
    ...differing(text, seen.settings),
  ];
}

const kinds: Record<string, string[]> = {
  db: ["db"],
  cached_db: ["db", "cache"],
  cache: ["cache"],
  file: ["file"],
  signed_cookies: ["signed_cookies"],
};

function engine(name: string | null, { store }: Seen): ProjectFinding[] {
  const backend = name?.split(".").at(-1) ?? "";
  const fits = Object.hasOwn(kinds, backend) ? kinds[backend] : undefined;
  if (!fits)
    return [finding("info", "Engine", `What ${name ?? "SESSION_ENGINE"} stores is not known.`)];
  return fits.includes(store.kind)
    ? [finding("ok", "Engine", `${name} keeps sessions in a store of this kind.`)]
    : [
        finding(
          "warning",
          "Another engine",
          `SESSION_ENGINE is ${name}, but ${store.title} is a store of kind ${store.kind}: the site does not use it now.`,
        ),
      ];
}

function keys(settings: readonly ProjectSetting[], { sampled, hasKey }: Seen): ProjectFinding[] {
  const setting = settings.find(({ name }) => name === "SECRET_KEY");
  if (!hasKey)
    return [
      finding(
        "info",
        "SECRET_KEY",
        setting?.why ?? "SECRET_KEY is not known, so nothing is verified.",
      ),
    ];
  const checked =
    sampled.valid + sampled.invalid + sampled.fallbacks.reduce((sum, one) => sum + one, 0);
  if (checked === 0)
    return [
      finding("info", "SECRET_KEY", "No sampled session is signed, so the key cannot be tried."),
    ];
  const fitting = checked - sampled.invalid;
  const place = setting?.origin?.file
    ? ` of ${setting.origin.file}, line ${setting.origin.line},`
    : "";
  const said = `SECRET_KEY${place} and its fallbacks verify ${fitting} of ${checked} sampled sessions.`;
  if (fitting === 0) return [finding("warning", "The key verifies nothing", said)];
  return [finding(fitting < checked ? "info" : "ok", "The key verifies", said)];
}

function serializer(name: string | null, { serializers }: Seen): ProjectFinding[] {
  const wanted = /pickle/i.test(name ?? "") ? "pickle" : /json/i.test(name ?? "") ? "json" : null;
  const others = [...serializers].filter(([one]) => wanted !== null && one !== wanted);
  return others.map(([one, count]) =>
    finding(
      "warning",
      "Another serializer",
      `SESSION_SERIALIZER is ${name}, but ${count} sampled sessions are ${one}.`,
    ),
  );
}

/** Settings that decide how expiry is read and shown. */
function differing(text: (name: string) => string | null, own: FilledSettings): ProjectFinding[] {
  const names = ["USE_TZ", "TIME_ZONE", "SESSION_COOKIE_AGE", "SESSION_COOKIE_NAME"] as const;
  return names.flatMap((name) => {
    const wanted = text(name);
    const value = own[name];
    const mine = typeof value === "boolean" ? (value ? "True" : "False") : String(value);
    return wanted === null || wanted === mine || (name === "TIME_ZONE" && own.USE_TZ)
      ? []
      : [
          finding(
            "warning",
            `${name} differs`,
            `The project has ${wanted}, this connection ${mine}.`,
          ),
        ];
  });
}

const finding = (level: ProjectFinding["level"], title: string, text: string): ProjectFinding => ({
  level,
  title,
  text,
});
