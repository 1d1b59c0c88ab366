/** SECRET_KEY and its fallbacks: masked, kept in memory; after a test each says what it fits. */
import { Eye, EyeOff, KeyRound, Plus, ShieldCheck, X } from "lucide-react";
import { useState } from "react";
import type { TestResult } from "../../../shared/connection.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Input } from "../../ui/Field.tsx";
import { count } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import type { Draft } from "./draft.ts";

export interface KeyFieldsProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  sampled: TestResult["sampled"] | null;
  /** Keys the open store has already; they stay unless others are typed. */
  known: { secretKey: boolean; fallbacks: number } | null;
}

function Fits({ n, of, fallback }: { n: number; of: number; fallback?: boolean }) {
  return (
    <span className={`st ${fallback ? "st-warning" : n > 0 ? "st-active" : "st-dim"}`}>
      <Icon icon={fallback ? KeyRound : ShieldCheck} />
      {count(n)} of {count(of)}
    </span>
  );
}

export function KeyFields({ draft, onChange, sampled, known }: KeyFieldsProps) {
  const [revealed, setRevealed] = useState(false);
  const type = revealed ? "text" : "password";
  const setFallback = (at: number, value: string) =>
    onChange({ fallbacks: draft.fallbacks.with(at, value) });
  return (
    <fieldset className="row">
      <legend className="lab">
        SECRET_KEY{" "}
        <span className="dim">
          verifies signatures and signs edits; data is readable without it
        </span>
      </legend>
      <div className="secretlist">
        <div className="keyrow">
          <span>Current</span>
          <Input
            type={type}
            aria-label="SECRET_KEY"
            autoComplete="new-password"
            value={draft.secretKey}
            placeholder={
              draft.held?.names.includes("secretKey")
                ? "known from the project, kept in the host"
                : known?.secretKey
                  ? "given when it was opened, kept"
                  : ""
            }
            onChange={(event) => onChange({ secretKey: event.target.value })}
            end={
              sampled && draft.secretKey ? <Fits n={sampled.valid} of={sampled.total} /> : undefined
            }
          />
          <IconButton
            icon={revealed ? EyeOff : Eye}
            label={revealed ? "Hide keys" : "Show keys"}
            aria-pressed={revealed}
            onClick={() => setRevealed(!revealed)}
          />
        </div>
        {draft.fallbacks.map((fallback, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fallback is its place in the list.
          <div className="keyrow" key={at}>
            <span>Fallback {at + 1}</span>
            <Input
              type={type}
              aria-label={`Fallback ${at + 1}`}
              autoComplete="new-password"
              value={fallback}
              autoFocus={fallback === ""}
              onChange={(event) => setFallback(at, event.target.value)}
              end={
                sampled && fallback ? (
                  <Fits n={sampled.fallbacks[at] ?? 0} of={sampled.total} fallback />
                ) : undefined
              }
            />
            <IconButton
              icon={X}
              label={`Remove fallback ${at + 1}`}
              onClick={() => onChange({ fallbacks: draft.fallbacks.toSpliced(at, 1) })}
            />
          </div>
        ))}
        <div className="keyrow">
          <span />
          <button
            type="button"
            className="linkbtn addkey"
            onClick={() => onChange({ fallbacks: [...draft.fallbacks, ""] })}
          >
            <Icon icon={Plus} size={12} />
            Add a key from SECRET_KEY_FALLBACKS
          </button>
        </div>
      </div>
    </fieldset>
  );
}
