/** The layers of a stored value, outermost first, each as it is, with the step to the next and where reading stopped. */
import { Copy, Download } from "lucide-react";
import { type CSSProperties, useState } from "react";
import type { Layer, LayerPart } from "../../../shared/layer.ts";
import type { SessionDetail } from "../../../shared/session.ts";
import { client, problemOf } from "../../client.ts";
import { IconButton } from "../../ui/Button.tsx";
import { count } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { SignatureMark } from "../../ui/StateMark.tsx";
import { saveFile } from "../../ui/save.ts";
import { Text, visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { hexDump } from "./hex-dump.ts";
import "./layers.css";

const marks: Record<LayerPart["name"], { className: string; colour: string }> = {
  flag: { className: "p-flag", colour: "var(--danger-fill)" },
  payload: { className: "p-data", colour: "var(--line-control)" },
  time: { className: "p-time", colour: "var(--warning-fill)" },
  mac: { className: "p-sig", colour: "var(--browser-fill)" },
  signature: { className: "p-sig", colour: "var(--browser-fill)" },
};
const markOf = (name: LayerPart["name"]) => marks[name];

export function RawLayers({ detail, connection }: { detail: SessionDetail; connection: string }) {
  return (
    <div className="layers">
      {detail.layers.map((layer, index) => (
        <section key={layer.title} className="layer" aria-label={layer.title}>
          <header>
            {layer.title} <span className="dim">{visible(layer.note)}</span>
            {index === 0 && (
              <span className="right">
                <SignatureMark signature={detail.row.signature} />
                <StoredTools connection={connection} sessionKey={detail.row.key} />
              </span>
            )}
          </header>
          <LayerText layer={layer} />
          {layer.parts.length > 0 && (
            <dl className="layer-parts">
              {layer.parts
                .filter((part) => part.meaning)
                .map((part) => (
                  <div key={`${part.name} ${part.start}`} className="part">
                    <dt style={{ "--sw": markOf(part.name).colour } as CSSProperties}>
                      {part.name}
                    </dt>
                    <dd>{visible(part.meaning)}</dd>
                  </div>
                ))}
            </dl>
          )}
          {layer.step && <div className="layer-step">{visible(layer.step)}</div>}
          {layer.problem && <ProblemNotice problem={layer.problem} />}
        </section>
      ))}
    </div>
  );
}

/** Characters or hex digits drawn at first; the rest of the preview (64 KiB) on request. */
const firstLook = 4000;

function LayerText({ layer }: { layer: Layer }) {
  const { form, preview, size: whole } = layer;
  const [all, setAll] = useState(false);
  const pieces =
    all || form === "bytes" ? piecesOf(layer, preview) : shorten(piecesOf(layer, preview));
  const hex = all ? preview : preview.slice(0, firstLook);
  const drawn =
    form === "bytes" ? hex.length / 2 : pieces.reduce((sum, { text }) => sum + text.length, 0);
  const unit = form === "bytes" ? "bytes" : "characters";
  const hasMore = drawn < (form === "bytes" ? preview.length / 2 : preview.length);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section className="well" tabIndex={0} aria-label={`${layer.title}, content`}>
        {form === "bytes" ? (
          <span className="dump">{hexDump(hex)}</span>
        ) : (
          pieces.map((piece) => (
            <span key={piece.at} className={piece.className}>
              <Text value={piece.text} max={70_000} />
              {piece.elided && "…"}
            </span>
          ))
        )}
      </section>
      {drawn < whole && (
        <p className="help more">
          {count(whole - drawn)} more {unit}
          {hasMore && (
            <button type="button" className="linkbtn" onClick={() => setAll(true)}>
              Show {layer.truncated ? "64 kB" : "all"}
            </button>
          )}
        </p>
      )}
    </>
  );
}

interface Piece {
  at: number;
  text: string;
  className: string;
  /** Something is left out after it. */
  elided?: boolean;
}

/** The text cut at its parts; parts may be cut off by the preview. */
function piecesOf(layer: Layer, text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const part of [...layer.parts].sort((a, b) => a.start - b.start)) {
    const from = Math.min(part.start, text.length);
    const to = Math.min(part.end, text.length);
    if (from < at) continue;
    if (from > at) pieces.push({ at, text: text.slice(at, from), className: "t-p" });
    if (to > from) {
      pieces.push({ at: from, text: text.slice(from, to), className: markOf(part.name).className });
    }
    at = Math.max(at, to);
  }
  if (at < text.length) {
    pieces.push({ at, text: text.slice(at), className: layer.parts.length ? "t-p" : "" });
  }
  return pieces;
}

/** A long payload shows both its ends, so that what follows it is seen; other long text its beginning. */
function shorten(pieces: Piece[]): Piece[] {
  if (pieces.length === 1) {
    return pieces.map((piece) =>
      piece.text.length > firstLook
        ? { ...piece, text: piece.text.slice(0, firstLook), elided: true }
        : piece,
    );
  }
  return pieces.flatMap((piece) => {
    if (piece.text.length <= 240) return [piece];
    const end = piece.text.slice(-20);
    return [
      { ...piece, text: piece.text.slice(0, 160), elided: true },
      { ...piece, at: piece.at + piece.text.length - 20, text: end },
    ];
  });
}

function StoredTools({ connection, sessionKey }: { connection: string; sessionKey: string }) {
  const withRaw = async (use: (raw: { text: string | null; base64: string | null }) => void) => {
    try {
      use(await client.sessions.raw({ connection, key: sessionKey }));
    } catch (error) {
      showToast({ text: problemOf(error).message, tone: "danger" });
    }
  };
  const copy = () =>
    withRaw(({ text, base64 }) => {
      navigator.clipboard
        .writeText(text ?? base64 ?? "")
        .then(() =>
          showToast({ text: text === null ? "Copied as base64." : "Stored value copied." }),
        )
        .catch(() => showToast({ text: "The clipboard cannot be written here.", tone: "warning" }));
    });
  const save = () =>
    withRaw(({ text, base64 }) => {
      const bytes = text ?? Uint8Array.from(atob(base64 ?? ""), (char) => char.charCodeAt(0));
      saveFile(`session-${sessionKey.replace(/[^\w-]/g, "_")}`, bytes, "application/octet-stream");
    });
  return (
    <>
      <IconButton icon={Copy} label="Copy the stored value" onClick={() => void copy()} />
      <IconButton
        icon={Download}
        label="Save the stored value as a file"
        onClick={() => void save()}
      />
    </>
  );
}
