/** The expiry after a save: as Django's save() sets it, or kept. */
import { absolute } from "../../ui/format.ts";
import { type Draft, draftId, setExpiry } from "./drafts.ts";

export function ExpiryChoice({ draft }: { draft: Draft }) {
  const id = draftId(draft.connection, draft.key);
  const { expiry, check } = draft;
  const ends = (iso: string | null | undefined): string =>
    iso === undefined ? "…" : iso === null ? "never" : absolute(iso);
  const option = (rule: Draft["expiry"], text: string) => (
    // biome-ignore lint/a11y/useSemanticElements: the design's segmented control, one of two
    <button
      type="button"
      role="radio"
      aria-checked={expiry === rule}
      tabIndex={expiry === rule ? 0 : -1}
      onClick={() => setExpiry(id, rule)}
      onKeyDown={(event) => {
        if (!event.key.startsWith("Arrow")) return;
        event.preventDefault();
        event.stopPropagation();
        setExpiry(id, rule === "keep" ? "recompute" : "keep");
        const other =
          event.currentTarget.parentElement?.querySelector<HTMLElement>("[aria-checked=false]");
        other?.focus();
      }}
    >
      {text}
    </button>
  );
  return (
    <div className="expirychoice">
      <div className="segmented" role="radiogroup" aria-label="Expiry after the save">
        {option("recompute", "Recompute")}
        {option("keep", "Keep")}
      </div>
      <span className="help">
        {expiry === "recompute" ? "As Django saves: " : ""}
        expires <b>{ends(check?.expires)}</b>
        {check && check.expires !== check.previousExpires && `, now ${ends(check.previousExpires)}`}
      </span>
    </div>
  );
}
