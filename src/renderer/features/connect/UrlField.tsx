/** DATABASE_URL or CACHE_URL as it is: coloured by its parts, the password masked and taken apart from the text. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { DriverInfo } from "../../../shared/connection.ts";
import { useField } from "../../ui/Field.tsx";
import { Text } from "../../ui/Text.tsx";
import {
  dots,
  driverOfScheme,
  optionsOfUrl,
  partsOf,
  textOf,
  type UrlParts,
  urlOf,
  urlOptions,
} from "./url.ts";
import "./url.css";

export interface UrlFieldProps {
  driver: DriverInfo;
  drivers: DriverInfo[];
  options: Record<string, unknown>;
  /** A password the host holds already. */
  held: boolean;
  onChange: (driver: DriverInfo, options: Record<string, unknown>) => void;
  /** What is wrong with the text; null: nothing, or nothing yet. */
  onProblem: (message: string | null) => void;
}

const part = (kind: string, text: string): ReactNode => (
  <span className={`url-${kind}`}>{text}</span>
);

function Coloured({ text }: { text: string }) {
  const parts = partsOf(text);
  if (!parts) return <>{text}</>;
  const { scheme, user, password, hosts, path, query } = parts;
  return (
    <>
      {part("engine", scheme)}://{part("user", user)}
      {password !== null && `:${"•".repeat(password.length)}`}
      {(user || password !== null) && "@"}
      {part("host", hosts)}
      {path.slice(0, 1)}
      {part("database", path.slice(1))}
      {query && `?${query}`}
    </>
  );
}

export function UrlField(props: UrlFieldProps) {
  const { driver, drivers, options, held, onChange, onProblem } = props;
  const wiring = useField();
  const [typed, setTyped] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const colours = useRef<HTMLSpanElement>(null);
  const text = typed ?? urlOf(driver, options, held || Boolean(options.password));

  useEffect(() => {
    input.current?.focus({ preventScroll: true });
  }, []);

  const take = (next: string, caret: number) => {
    const parts = partsOf(next);
    const kind = parts && driverOfScheme(drivers, parts.scheme);
    onProblem(null);
    if (!parts || !kind) return setTyped(next);
    // The password stays in the text only while it is being typed.
    const end = textOf({ ...parts, hosts: "", path: "", query: "" }).length;
    const given = parts.password?.replaceAll("•", "") ?? "";
    const masked = given !== "" && caret >= end ? { ...parts, password: dots } : parts;
    setTyped(textOf(masked));
    const kept = parts.password?.includes("•") ? options.password : undefined;
    const password = given === "" ? kept : decodedPassword(given);
    const { options: found, unused } = optionsOfUrl(parts, kind);
    const others = kind.name === driver.name ? withoutUrl(options) : {};
    onChange(kind, { ...others, ...found, ...(password === undefined ? {} : { password }) });
    if (unused.length > 0) onProblem(`Not used here: ${unused.join(", ")}.`);
    const lost = next.length - textOf(masked).length;
    if (lost !== 0)
      requestAnimationFrame(() => input.current?.setSelectionRange(caret - lost, caret - lost));
  };
  const leave = () => {
    const parts = partsOf(typed ?? "");
    const kind = parts && driverOfScheme(drivers, parts.scheme);
    if (kind || !typed?.trim()) return setTyped(null);
    const known = drivers.flatMap(({ schemes }) => schemes.slice(0, 1)).join(", ");
    onProblem(
      parts ? `No kind of store opens ${parts.scheme}://. Known: ${known}.` : "This is no URL.",
    );
  };
  return (
    <span className={`input mono urlfield${wiring["aria-invalid"] ? " is-bad" : ""}`}>
      <span className="urlmirror" aria-hidden="true">
        <span ref={colours}>
          <Coloured text={text} />
        </span>
      </span>
      <input
        {...wiring}
        ref={input}
        value={text}
        placeholder={`${driver.schemes[0]}://user:password@host/database`}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        onChange={(event) =>
          take(event.target.value, event.target.selectionStart ?? event.target.value.length)
        }
        onScroll={(event) => {
          if (colours.current)
            colours.current.style.translate = `${-event.currentTarget.scrollLeft}px`;
        }}
        onBlur={leave}
      />
    </span>
  );
}

/** What the URL says nothing of stays as it was. */
const withoutUrl = (options: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(options).filter(
      ([name]) => ![...urlOptions, "masterName", "tls"].includes(name),
    ),
  );

function decodedPassword(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the URL says, part by part. */
export function UrlFacts({
  parts,
  driver,
  tls,
}: {
  parts: UrlParts | null;
  driver: DriverInfo;
  tls: string;
}) {
  if (!parts) return null;
  const rows = [
    ["engine", "Engine", driver.title],
    ["user", "User", parts.user || "none"],
    ["none", "Password", parts.password === null ? "none" : "hidden"],
    ["host", "Host and port", (parts.hosts || parts.path).replace(/:(\d+)$/, ", $1")],
    ["database", "Database", parts.path.slice(1) || "default"],
    ["none", "TLS", tls || "none"],
  ];
  return (
    <dl className="parsed">
      {rows.map(([kind, title, value]) => (
        <div key={title}>
          <dt className={`swatch-${kind}`}>{title}</dt>
          <dd>
            <Text value={value ?? ""} max={48} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
