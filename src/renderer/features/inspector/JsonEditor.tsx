/**
 * The draft as tagged JSON in CodeMirror. It lives in a shadow root: there it adopts constructed style sheets, so the
 * page's policy needs no 'unsafe-inline'; the design's custom properties reach in by inheritance.
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { type Text as DocumentText, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Problem } from "../../../shared/problem.ts";
import { editorTheme } from "./editor-theme.ts";

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--syn-key)" },
  { tag: tags.string, color: "var(--syn-str)" },
  { tag: tags.number, color: "var(--syn-num)" },
  { tag: [tags.bool, tags.null], color: "var(--syn-const)" },
  { tag: tags.punctuation, color: "var(--syn-punct)" },
]);

export interface JsonEditorProps {
  text: string;
  onText: (text: string) => void;
  problem: Problem | null;
}

export function JsonEditor({ text, onText, problem }: JsonEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const tell = useRef(onText);
  useEffect(() => {
    tell.current = onText;
  }, [onText]);
  const first = useRef(text);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const shadow = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const editor = new EditorView({
      parent: shadow,
      root: shadow,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          foldGutter(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          bracketMatching(),
          highlightSelectionMatches(),
          search({ top: true }),
          json(),
          syntaxHighlighting(highlight),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "Session data as JSON", tabindex: "0" }),
          keymap.of([
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...lintKeymap,
            ...defaultKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) tell.current(update.state.doc.toString());
          }),
          editorTheme,
        ],
      }),
    });
    view.current = editor;
    editor.focus();
    return () => {
      view.current = null;
      editor.destroy();
    };
  }, []);

  // The text may change from outside: undone, or edited in the tree.
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const found = problem ? [diagnosticOf(problem, editor.state.doc)] : [];
    editor.dispatch(setDiagnostics(editor.state, found));
  }, [problem]);

  return <div ref={host} className="jsoneditor" />;
}

/** Where the host says the problem is; the whole text where it names no place. */
function diagnosticOf(problem: Problem, doc: DocumentText): Diagnostic {
  const message = [problem.message, problem.hint].filter(Boolean).join(" ");
  const offset = problem.detail?.offset;
  if (typeof offset !== "number") return { from: 0, to: doc.length, severity: "error", message };
  const from = Math.max(0, Math.min(offset, doc.length));
  const line = doc.lineAt(from);
  const to = Math.min(line.to, from + 1);
  // At the end of a line there is nothing to underline: the character before is taken.
  return from < to
    ? { from, to, severity: "error", message }
    : { from: Math.max(line.from, from - 1), to: from, severity: "error", message };
}
