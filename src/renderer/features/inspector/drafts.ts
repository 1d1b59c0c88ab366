/**
 * Edits that are not saved yet, by session. A draft is the whole value as tagged JSON; the tree and the JSON editor are two
 * ways to change that text, and the host checks it as it changes. Drafts outlive the inspector and a lost host.
 */
import { create } from "zustand";
import type {
  DiffLine,
  DraftCheck,
  ExpiryRule,
  SaveResult,
  TreeChange,
} from "../../../shared/edit.ts";
import type { Problem } from "../../../shared/problem.ts";
import type { SessionDetail } from "../../../shared/session.ts";
import type { ValueNode } from "../../../shared/value.ts";
import { client, problemOf } from "../../client.ts";

export type Conflict = Extract<SaveResult, { outcome: "conflict" }>;

export interface Draft {
  connection: string;
  key: string;
  /** The session the draft began with; its token is what the save compares. */
  base: SessionDetail;
  text: string;
  /** The newest tree of a text that could be read. */
  value: ValueNode;
  expiry: ExpiryRule;
  check: DraftCheck | null;
  /** Why the text cannot be saved as it stands. */
  problem: Problem | null;
  checking: boolean;
  /** Texts before each change made in the tree, for undo. */
  past: string[];
  tab: "tree" | "json";
  conflict: Conflict | null;
  /** After a conflict: what had been changed in the version that was given up. */
  mine: DiffLine[] | null;
}

export const useDrafts = create<{ drafts: Record<string, Draft> }>(() => ({ drafts: {} }));

export const draftId = (connection: string, key: string): string => `${connection}\n${key}`;

/** Whether leaving it loses something. */
export const isDirty = (draft: Draft | undefined): boolean =>
  draft !== undefined && draft.text !== draft.base.text;

/** How many values differ from what was read; while the text cannot be read, at least one. */
export const changesOf = (draft: Draft): number =>
  draft.check && !draft.problem ? draft.check.diff.length : isDirty(draft) ? 1 : 0;

function patch(id: string, change: Partial<Draft>): void {
  useDrafts.setState(({ drafts }) => {
    const draft = drafts[id];
    return draft ? { drafts: { ...drafts, [id]: { ...draft, ...change } } } : {};
  });
}

const get = (id: string): Draft | undefined => useDrafts.getState().drafts[id];

/** Starts editing; false where the host gave no text or tree to edit. */
export function beginDraft(
  connection: string,
  detail: SessionDetail,
  mine: DiffLine[] | null,
): boolean {
  if (detail.text === null || detail.value === null) return false;
  const id = draftId(connection, detail.row.key);
  const draft: Draft = {
    connection,
    key: detail.row.key,
    base: detail,
    text: detail.text,
    value: detail.value,
    expiry: "recompute",
    check: null,
    problem: null,
    checking: false,
    past: [],
    tab: "tree",
    conflict: null,
    mine,
  };
  useDrafts.setState(({ drafts }) => ({ drafts: { ...drafts, [id]: draft } }));
  void checkDraft(id);
  return true;
}

export function dropDraft(id: string): void {
  useDrafts.setState(({ drafts }) => {
    const { [id]: _, ...rest } = drafts;
    return { drafts: rest };
  });
}

export const setTab = (id: string, tab: Draft["tab"]): void => patch(id, { tab });

export function setExpiry(id: string, expiry: ExpiryRule): void {
  patch(id, { expiry });
  void checkDraft(id);
}

const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** Typed text: checked once typing rests for a quarter of a second. */
export function setText(id: string, text: string): void {
  if (get(id)?.text === text) return;
  patch(id, { text, checking: true });
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => void checkDraft(id), 250),
  );
}

/** Asks the host what the draft would change. A text that has changed meanwhile makes the answer void. */
export async function checkDraft(id: string): Promise<void> {
  const draft = get(id);
  if (!draft) return;
  const { connection, key, text, expiry, base } = draft;
  const current = (): boolean => {
    const now = get(id);
    return now?.text === text && now.expiry === expiry && now.base === base;
  };
  patch(id, { checking: true });
  try {
    const check = await client.sessions.check({ connection, key, token: base.token, text, expiry });
    if (current()) patch(id, { check, value: check.value, problem: null, checking: false });
  } catch (error) {
    if (current()) patch(id, { problem: problemOf(error), checking: false });
  }
}

/** One change in the tree; throws the host's problem, then the draft is as it was. */
export async function changeDraft(id: string, change: TreeChange): Promise<void> {
  const draft = get(id);
  if (!draft) return;
  const { connection, key, text, past } = draft;
  const result = await client.sessions.change({ connection, key, text, change });
  patch(id, {
    text: result.text,
    value: result.value,
    past: [...past.slice(-99), text],
    problem: null,
  });
  // What it amounts to comes after it: the form that made the change does not wait for that.
  void checkDraft(id);
}

export async function undoDraft(id: string): Promise<void> {
  const draft = get(id);
  const text = draft?.past.at(-1);
  if (!draft || text === undefined) return;
  patch(id, { text, past: draft.past.slice(0, -1) });
  await checkDraft(id);
}

/** Saves; a lost race is kept in the draft as its conflict. Throws any other failure. */
export async function saveDraft(id: string, confirmName?: string): Promise<SaveResult | null> {
  const draft = get(id);
  if (!draft) return null;
  const { connection, key, text, expiry, base } = draft;
  const result = await client.sessions.save({
    connection,
    key,
    token: base.token,
    text,
    expiry,
    ...(confirmName === undefined ? {} : { confirmName }),
  });
  if (result.outcome === "saved") dropDraft(id);
  else patch(id, { conflict: result });
  return result;
}

/** Out of a conflict: back to the draft, still based on what is no longer there. */
export const keepDraft = (id: string): void => patch(id, { conflict: null });
