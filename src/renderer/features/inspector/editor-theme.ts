/** CodeMirror in the design's tokens, both themes: the custom properties change, the rules stay. */
import { EditorView } from "@codemirror/view";

export const editorTheme = EditorView.theme({
  "&": {
    height: "100%",
    backgroundColor: "var(--bg-main)",
    color: "var(--text-1)",
    fontSize: "11px",
  },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": {
    fontFamily: "var(--font-mono)",
    lineHeight: "17px",
    fontVariantLigatures: "none",
  },
  ".cm-content": { caretColor: "var(--text-1)", padding: "6px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text-1)" },
  ".cm-gutters": {
    backgroundColor: "var(--bg-panel)",
    color: "var(--text-3)",
    border: "0",
    borderRight: "1px solid var(--line-1)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--bg-hover)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    {
      backgroundColor: "var(--accent-bg)",
    },
  ".cm-selectionMatch": { backgroundColor: "var(--warning-bg)" },
  ".cm-searchMatch": {
    backgroundColor: "var(--warning-bg)",
    outline: "1px solid var(--warning-line)",
  },
  ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: "var(--accent-bg)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-bg)",
    outline: "1px solid var(--accent-line)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--danger-bg)" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--bg-sunken)",
    border: "1px solid var(--line-2)",
    color: "var(--text-2)",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--danger-fill)",
    textUnderlineOffset: "3px",
  },
  ".cm-lint-marker-error": {
    content: "none",
    width: "8px",
    height: "8px",
    margin: "4px 2px",
    borderRadius: "50%",
    backgroundColor: "var(--danger-fill)",
  },
  ".cm-gutter-lint": { width: "13px" },
  ".cm-tooltip": {
    border: "1px solid var(--line-2)",
    borderRadius: "6px",
    backgroundColor: "var(--bg-raised)",
    color: "var(--text-1)",
    fontFamily: "var(--font-ui)",
  },
  ".cm-diagnostic-error": {
    borderLeftColor: "var(--danger-fill)",
    whiteSpace: "normal",
    maxWidth: "300px",
  },
  ".cm-panels": {
    backgroundColor: "var(--bg-panel)",
    color: "var(--text-1)",
    fontFamily: "var(--font-ui)",
  },
  ".cm-panels-top": { borderBottom: "1px solid var(--line-1)" },
  ".cm-textfield": {
    backgroundColor: "var(--bg-main)",
    color: "var(--text-1)",
    border: "1px solid var(--line-control)",
    borderRadius: "6px",
  },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--bg-raised)",
    color: "var(--text-1)",
    border: "1px solid var(--line-2)",
    borderRadius: "6px",
  },
});
