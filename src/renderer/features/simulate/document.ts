/**
 * The scenarios that are open, each with its undo history. What is open is kept in the browser's storage at every
 * change, so that closing the window loses nothing; files are what leaves it.
 */
import { create } from "zustand";
import type { Policy, SimScenario } from "../../../shared/scenario.ts";
import { useApp } from "../../state/app.ts";
import { merge, onKept, putKept, takeKept } from "./kept.ts";

/** What undo goes back through: the scenario, and what it is compared with. */
export interface Draft {
  scenario: SimScenario;
  /** The name of the scenario's own settings in the comparison. */
  policyName: string;
  /** Whole sets of settings, up to three. */
  policies: Policy[];
}

export interface Doc {
  id: string;
  draft: Draft;
  /** As it was last written to a file, or opened; null: never in a file. */
  saved: Draft | null;
  /** The preset it was opened from. */
  preset: string | null;
  past: { draft: Draft; tag: string }[];
  future: Draft[];
}

interface Docs {
  docs: Doc[];
  current: string;
  /** Titles of scenarios that came back with changes which are in no file. */
  restored: string[];
  /** Storage refused: what is open would be lost with the window. */
  unkept: boolean;
}

const maxPast = 200;

const newId = () => Math.random().toString(36).slice(2, 10);

export function docOf(
  scenario: SimScenario,
  given: { policies?: Policy[]; policyName?: string; preset?: string; inFile: boolean },
): Doc {
  const draft: Draft = {
    scenario,
    policyName: given.policyName ?? "This policy",
    policies: given.policies ?? [],
  };
  return {
    id: newId(),
    draft,
    saved: given.inFile ? draft : null,
    preset: given.preset ?? null,
    past: [],
    future: [],
  };
}

/** A visit of three requests, to begin with. */
export function blankScenario(): SimScenario {
  const actions = [{ op: "increment" as const, key: '"counter"' }];
  return {
    title: "New scenario",
    django: "5.2",
    start: "2026-01-01T00:00:00Z",
    settings: {},
    steps: [0, 60, 600].map((at) => ({ at, request: { method: "GET", path: "/", actions } })),
  };
}

export const titleOf = (doc: Doc): string => doc.draft.scenario.title || "Untitled scenario";
export const isDirty = (doc: Doc): boolean => doc.saved !== doc.draft;

function restore(): Docs | null {
  const kept = takeKept();
  return kept && { ...kept, restored: kept.docs.filter(isDirty).map(titleOf), unkept: false };
}

function first(): Docs {
  const doc = docOf(blankScenario(), { inFile: false });
  return {
    docs: [{ ...doc, saved: doc.draft }],
    current: doc.id,
    restored: [],
    unkept: false,
  };
}

export const useDocs = create<Docs>(() => restore() ?? first());

export const currentDoc = ({ docs, current }: Docs): Doc =>
  docs.find((doc) => doc.id === current) ?? (docs[0] as Doc);
/** Hook: the scenario that is shown. */
export const useDoc = (): Doc => useDocs(currentDoc);

let following = false;

/** Takes over what another window has kept; this alone is not kept again. */
function follow(mine?: ReadonlySet<string>): void {
  const there = takeKept();
  if (there === null) return;
  following = true;
  useDocs.setState((here) => ({ docs: merge(here, there, mine) }));
  following = false;
}

/** The scenarios that are no longer as they were, closed ones too. */
const changed = (state: Docs, before: Docs): Set<string> =>
  new Set(
    [...state.docs, ...before.docs]
      .filter((doc) => !state.docs.includes(doc) || !before.docs.includes(doc))
      .map(({ id }) => id),
  );

function keep(state: Docs, before: Docs): void {
  follow(changed(state, before));
  const unkept = !putKept(useDocs.getState());
  if (useDocs.getState().unkept !== unkept) useDocs.setState({ unkept });
}

const tell = (state: Docs) => useApp.setState({ simulated: currentDoc(state).draft.scenario });

tell(useDocs.getState());
useDocs.subscribe((state, before) => {
  const other = state.docs !== before.docs || state.current !== before.current;
  if (other && !following) keep(state, before);
  if (currentDoc(state).draft.scenario !== currentDoc(before).draft.scenario) tell(state);
});
onKept(() => follow());

const put = (doc: Doc) =>
  useDocs.setState(({ docs }) => ({ docs: docs.map((one) => (one.id === doc.id ? doc : one)) }));

/** Changes the scenario that is shown. Changes in a row with the same tag are one step of undo. */
export function change(edit: (draft: Draft) => Draft, tag = ""): void {
  const doc = currentDoc(useDocs.getState());
  const draft = edit(doc.draft);
  if (draft === doc.draft) return;
  const joined = tag !== "" && doc.past.at(-1)?.tag === tag && doc.future.length === 0;
  const past = joined ? doc.past : [...doc.past.slice(1 - maxPast), { draft: doc.draft, tag }];
  put({ ...doc, draft, past, future: [] });
}

export const changeScenario = (edit: (scenario: SimScenario) => SimScenario, tag = ""): void =>
  change((draft) => {
    const scenario = edit(draft.scenario);
    return scenario === draft.scenario ? draft : { ...draft, scenario };
  }, tag);

export function undoEdit(): boolean {
  const doc = currentDoc(useDocs.getState());
  const last = doc.past.at(-1);
  if (!last) return false;
  put({
    ...doc,
    draft: last.draft,
    past: doc.past.slice(0, -1),
    future: [doc.draft, ...doc.future],
  });
  return true;
}

export function redoEdit(): boolean {
  const doc = currentDoc(useDocs.getState());
  const [next, ...future] = doc.future;
  if (!next) return false;
  put({ ...doc, draft: next, past: [...doc.past, { draft: doc.draft, tag: "" }], future });
  return true;
}

/** Shows a scenario beside those that are open; a preset nobody changed makes room for it. */
export function openDocs(added: Doc[]): void {
  const [one] = added;
  if (!one) return;
  useDocs.setState((state) => {
    const shown = currentDoc(state);
    const untouched = !isDirty(shown) && shown.past.length === 0;
    const docs = untouched ? state.docs.filter((doc) => doc.id !== shown.id) : state.docs;
    return { docs: [...docs, ...added], current: one.id };
  });
}

export const showDoc = (id: string): void => useDocs.setState({ current: id });

export function duplicateDoc(): void {
  const doc = currentDoc(useDocs.getState());
  const scenario = { ...doc.draft.scenario, title: `${titleOf(doc)}, copy` };
  const copy = { ...docOf(scenario, { inFile: false }), draft: { ...doc.draft, scenario } };
  useDocs.setState(({ docs }) => ({ docs: [...docs, copy], current: copy.id }));
}

/** Closes the scenario that is shown. Gives what brings it back. */
export function closeDoc(): () => void {
  const { docs, current } = useDocs.getState();
  const closed = currentDoc({ docs, current, restored: [], unkept: false });
  const left = docs.filter((doc) => doc !== closed);
  const next = left.at(-1) ? left : first().docs;
  useDocs.setState({ docs: next, current: next.at(-1)?.id ?? "" });
  return () =>
    useDocs.setState(({ docs }) => ({
      // Another window may have brought it back already.
      docs: docs.some(({ id }) => id === closed.id) ? docs : [...docs, closed],
      current: closed.id,
    }));
}

export const markSaved = (id: string, draft: Draft): void =>
  useDocs.setState(({ docs }) => ({
    docs: docs.map((doc) => (doc.id === id ? { ...doc, saved: draft } : doc)),
  }));
