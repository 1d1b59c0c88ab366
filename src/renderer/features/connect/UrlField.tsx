/** DATABASE_URL or CACHE_URL as it is: coloured by its parts, the password masked and taken apart from the text. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { DriverInfo } from "../../../shared/connection.ts";
import { client, problemOf } from "../../client.ts";
import { useField } from "../../ui/Field.tsx";
import { Text } from "../../ui/Text.tsx";
import { optionFields } from "./schema.ts";
import { dots, partsOf, textOf, type UrlParts, urlOf, urlOptions } from "./url.ts";
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
  /** The host reads what was typed; true once the options are what it says. */
  onReading: (reading: Promise<boolean>) => void;
}

/** What such a URL looks like, by the options there are. */
function exampleUrl(driver: DriverInfo): string {
  const names = optionFields(driver).map(({ name }) => name);
  if (names.includes("path"))
    return `${driver.schemes[0]}:///${driver.kind === "cache" ? "srv/site/cache" : "srv/site/db.sqlite3"}`;
  const login = names.includes("database") || names.includes("db") ? "user:password@" : "";
  const place = names.includes("database") ? "/database" : names.includes("db") ? ":6379/0" : "";
  return `${driver.schemes[0]}://${login}host${place}`;
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
  const { driver, drivers, options, held, onProblem, onReading } = props;
  // The host's answer meets the form as it is by then: a name may have been typed meanwhile.
  const latest = useRef(props);
  latest.current = props;
  const wiring = useField();
  const [typed, setTyped] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const colours = useRef<HTMLSpanElement>(null);
  /** Of what was read last: counted, so that a late answer is none, and why it could not be read. */
  const last = useRef<{ turn: number; wrong: string | null }>({ turn: 0, wrong: null });
  const reading = useRef(Promise.resolve(true));
  const tell = () => onProblem(typed && !partsOf(typed) ? "This is no URL." : last.current.wrong);
  const text = typed ?? urlOf(driver, options, held || Boolean(options["password"]));

  useEffect(() => {
    input.current?.focus({ preventScroll: true });
  }, []);

  /** `kept`: the password that the dots in the text stand for. */
  const read = async (url: string, kept: unknown): Promise<boolean> => {
    const turn = last.current.turn + 1;
    last.current = { turn, wrong: null };
    try {
      const found = await client.drivers.fromUrl({ url });
      const kind = drivers.find((one) => one.name === found.driver);
      if (turn !== last.current.turn || !kind) return false;
      const now = latest.current;
      const others = kind.name === now.driver.name ? withoutUrl(now.options) : {};
      const password = kept === undefined ? {} : { password: kept };
      flushSync(() => {
        now.onChange(kind, { ...others, ...found.options, ...password, ...found.secrets });
        // A secret among the parameters goes out of sight as the one before the host does.
        const shown = found.shown === url ? null : partsOf(found.shown);
        if (shown) setTyped(textOf({ ...shown, password: dots }));
        if (found.unused.length > 0) onProblem(`Not used here: ${found.unused.join(", ")}.`);
      });
      return true;
    } catch (error) {
      const { message, hint } = problemOf(error);
      if (turn === last.current.turn)
        last.current.wrong = [message, hint].filter(Boolean).join(" ");
      return false;
    }
  };
  const take = (next: string, caret: number, pasted: boolean) => {
    const parts = partsOf(next);
    onProblem(null);
    if (!parts) {
      reading.current = Promise.resolve(next.trim() === "");
      onReading(reading.current);
      return setTyped(next);
    }
    // The password stays in the text only while it is being typed.
    const end = textOf({ ...parts, hosts: "", path: "", query: "" }).length;
    const given = parts.password?.replaceAll("•", "") ?? "";
    const masked = given !== "" && caret >= end ? { ...parts, password: dots } : parts;
    setTyped(textOf(masked));
    const isKept = given === "" && parts.password?.includes("•");
    const plain = textOf({ ...parts, password: given || null });
    reading.current = read(plain, isKept ? options["password"] : undefined);
    onReading(reading.current);
    if (pasted) void reading.current.then((read) => read || tell());
    const lost = next.length - textOf(masked).length;
    if (lost !== 0)
      requestAnimationFrame(() => input.current?.setSelectionRange(caret - lost, caret - lost));
  };
  const leave = () => {
    if (!typed?.trim()) return setTyped(null);
    if (!partsOf(typed)) return tell();
    // The host may not have answered yet: until then the text stays as it is.
    const { turn } = last.current;
    void reading.current.then((read) => {
      if (turn !== last.current.turn || document.activeElement === input.current) return;
      if (read) setTyped(null);
      else tell();
    });
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
        placeholder={exampleUrl(driver)}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        onChange={({ target, nativeEvent }) =>
          take(
            target.value,
            target.selectionStart ?? target.value.length,
            "inputType" in nativeEvent && nativeEvent.inputType === "insertFromPaste",
          )
        }
        onScroll={(event) => {
          if (colours.current)
            colours.current.style.translate = `${-event.currentTarget.scrollLeft}px`;
        }}
        onBlur={leave}
        onKeyDown={(event) => {
          if (event.key === "Enter") void reading.current.then((read) => read || tell());
        }}
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
    ...(parts.hosts
      ? [
          parts.hosts.includes(",")
            ? ["host", "Servers", parts.hosts.replaceAll(",", ", ")]
            : ["host", "Host and port", parts.hosts.replace(/:(\d+)$/, ", $1")],
          [
            "database",
            parts.scheme.endsWith("sentinel") ? "Master" : "Database",
            parts.path.slice(1) || "default",
          ],
        ]
      : [["host", "Path", parts.path]]),
    ["none", "TLS", tls || "none"],
  ];
  return (
    <dl className="parsed">
      {rows.map(([kind, title, value]) => (
        <div key={title}>
          <dt className={`swatch-${kind}`}>{title}</dt>
          <dd>
            <Text value={value ?? ""} max={120} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
