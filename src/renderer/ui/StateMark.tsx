/** Icon and word, always: the state of a session, and what its signature is worth. */
import {
  AppWindow,
  Ban,
  CircleDot,
  Database,
  Equal,
  EqualNot,
  KeyRound,
  Layers,
  type LucideIcon,
  ShieldCheck,
  ShieldOff,
  ShieldQuestionMark,
  ShieldX,
} from "lucide-react";
import type { SessionRow, Signature, State } from "../../shared/session.ts";
import { Badge } from "./Badge.tsx";
import { Icon } from "./Icon.tsx";

const stateWords: Record<State, { word: string; icon: LucideIcon }> = {
  active: { word: "Active", icon: CircleDot },
  expired: { word: "Expired", icon: Ban },
  browser: { word: "Browser", icon: AppWindow },
};

/** In a table: `<StateMark state="active" />`; in a head: `<StateMark state="active" tag />`. */
export function StateMark({ state, tag }: { state: State; tag?: boolean }) {
  const { word, icon } = stateWords[state];
  if (tag)
    return (
      <Badge tone={state} icon={icon}>
        {word}
      </Badge>
    );
  return (
    <span className={`st st-${state}`}>
      <Icon icon={icon} />
      {word}
    </span>
  );
}

/** Word, icon and class of a signature: Current, Fallback n, Invalid, Not verified, Not signed. */
function signatureWords(signature: Signature): {
  word: string;
  icon: LucideIcon;
  className: string;
} {
  if (signature === "valid") return { word: "Current", icon: ShieldCheck, className: "st-active" };
  if (signature === "invalid") return { word: "Invalid", icon: ShieldX, className: "st-danger" };
  if (signature === "unverified")
    return { word: "Not verified", icon: ShieldQuestionMark, className: "st-dim" };
  if (signature === "unsigned") return { word: "Not signed", icon: ShieldOff, className: "st-dim" };
  const number = signature.slice("fallback:".length);
  return { word: `Fallback ${number}`, icon: KeyRound, className: "st-warning" };
}

export function SignatureMark({ signature }: { signature: Signature }) {
  const { word, icon, className } = signatureWords(signature);
  return (
    <span className={`st ${className}`}>
      <Icon icon={icon} />
      {word}
    </span>
  );
}

type Pair = NonNullable<SessionRow["pair"]>;

/** Where a cached_db site's row and the copy in its cache differ. */
export const pairWords: Record<
  Pair,
  { word: string; icon: LucideIcon; className: string; about: string; was: string }
> = {
  same: {
    word: "Same",
    icon: Equal,
    className: "st-dim",
    about: "Row and cache hold the same.",
    was: "Both the row and its copy in the cache are put back.",
  },
  cacheOnly: {
    word: "Cached only",
    icon: Layers,
    className: "st-warning",
    about: "Only the cache has it: the site serves it until the cache drops it.",
    was: "It was in the cache alone, and is put back there.",
  },
  rowOnly: {
    word: "Row only",
    icon: Database,
    className: "st-dim",
    about: "Only the table has it: the site caches it when it is next asked for.",
    was: "It was in the table alone, and is put back there.",
  },
  different: {
    word: "Different",
    icon: EqualNot,
    className: "st-danger",
    about: "Row and cache differ: the site serves what the cache holds.",
    was: "The row and its copy differed; each is put back as it was.",
  },
};

export function PairMark({ pair }: { pair: Pair | undefined }) {
  if (!pair) return <span className="dim">not compared</span>;
  const { word, icon, className } = pairWords[pair];
  return (
    <span className={`st ${className}`}>
      <Icon icon={icon} />
      {word}
    </span>
  );
}
