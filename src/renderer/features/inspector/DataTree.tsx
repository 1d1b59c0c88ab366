/** The decoded value as a tree: only the lines on screen exist, one tab stop, arrows walk and fold. */
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { ValueNode } from "../../../shared/value.ts";
import { count, size } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { readingAid } from "./reading-aids.ts";
import { brackets, openAtFirst, pathText, preview, type TreeLine, treeLines } from "./tree.ts";
import "./tree.css";

const lineHeight = 21;

export interface DataTreeProps {
  value: ValueNode;
  /** Another session starts with its own folding. */
  id: string;
  label: string;
  /** Paths that differ from what was read. */
  changed?: ReadonlySet<string>;
  /** Lines can be edited: Enter opens `editor` under the line, Del removes. */
  onEdit?: (line: TreeLine) => void;
  onDelete?: (line: TreeLine) => void;
  /** The line whose editor is open, and the editor. */
  editing?: string | null;
  editor?: ReactNode;
  onFocusLine?: (line: TreeLine) => void;
}

export function DataTree(props: DataTreeProps) {
  const { value, id, label, changed, editing, editor, onEdit, onDelete, onFocusLine } = props;
  const [folding, setFolding] = useState({ id, open: openAtFirst(value) });
  if (folding.id !== id) setFolding({ id, open: openAtFirst(value) });
  const { open } = folding;
  const lines = useMemo(() => treeLines(value, open), [value, open]);
  const [active, setActive] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const [editorHeight, setEditorHeight] = useState(0);
  const at = Math.min(active, Math.max(0, lines.length - 1));
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => lineHeight + (lines[index]?.id === editing ? editorHeight : 0),
    overscan: 12,
    paddingStart: 6,
    paddingEnd: 6,
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return at >= range.count || shown.includes(at) ? shown : [...shown, at].sort((a, b) => a - b);
    },
  });
  // Sizes are remembered until they are asked for anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: an editor that opens, grows or closes moves the lines below
  useLayoutEffect(() => virtual.measure(), [virtual, editing, editorHeight]);
  const wantFocus = useRef(false);
  useLayoutEffect(() => {
    if (!wantFocus.current) return;
    wantFocus.current = false;
    scroller.current?.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]')?.focus();
  });

  const move = (to: number): void => {
    const index = Math.max(0, Math.min(to, lines.length - 1));
    wantFocus.current = true;
    setActive(index);
    virtual.scrollToIndex(index, { align: "auto" });
    const line = lines[index];
    if (line) onFocusLine?.(line);
  };
  const fold = (line: TreeLine, to: boolean): void => {
    const next = new Set(open);
    if (to) next.add(line.id);
    else next.delete(line.id);
    setFolding({ id, open: next });
  };
  const keys = (event: KeyboardEvent): void => {
    if (!(event.target as HTMLElement).matches('[role="treeitem"]')) return;
    const line = lines[at];
    if (!line || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(lines.length - 1);
    else if (event.key === "ArrowRight" && line.folds) {
      if (line.open) move(at + 1);
      else fold(line, true);
    } else if (event.key === "ArrowLeft") {
      if (line.open) fold(line, false);
      else move(lines.findIndex((other) => other.id === line.parent));
    } else if (event.key === "Enter" && onEdit) onEdit(line);
    else if ((event.key === "Enter" || event.key === " ") && line.folds) fold(line, !line.open);
    else if (event.key === "Delete" && onDelete) onDelete(line);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const edited = virtual.getVirtualItems().find((item) => lines[item.index]?.id === editing);
  if (lines.length === 0)
    return <p className="pad help">The session is empty: a dict without keys.</p>;
  return (
    <div ref={scroller} className="treescroll">
      <div
        role="tree"
        aria-label={label}
        className="tree"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={keys}
      >
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div
              key={line.id}
              role="none"
              className="slot"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Line
                line={line}
                focusable={item.index === at}
                changed={changed?.has(line.path ? pathText(line.path) : "") ?? false}
                onFocus={() => {
                  if (item.index === at) return;
                  setActive(item.index);
                  onFocusLine?.(line);
                }}
                onClick={() => {
                  move(item.index);
                  if (line.folds && !onEdit) fold(line, !line.open);
                }}
                onFold={() => fold(line, !line.open)}
                {...(onEdit ? { onEdit: () => onEdit(line) } : {})}
              />
            </div>
          );
        })}
      </div>
      {edited && editor && (
        <EditorLayer top={edited.start + lineHeight} onHeight={setEditorHeight}>
          {editor}
        </EditorLayer>
      )}
    </div>
  );
}

interface EditorLayerProps {
  top: number;
  onHeight: (height: number) => void;
  children: ReactNode;
}

/** A form cannot be part of a tree: it lies over the room left for it under its line. */
function EditorLayer({ top, onHeight, children }: EditorLayerProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const layer = ref.current;
    if (!layer) return;
    const tell = (): void => {
      onHeight(layer.offsetHeight);
      // Once the room under the line is made, the whole form has to be seen.
      requestAnimationFrame(() => layer.scrollIntoView({ block: "nearest" }));
    };
    tell();
    const observer = new ResizeObserver(tell);
    observer.observe(layer);
    return () => observer.disconnect();
  }, [onHeight]);
  return (
    <div ref={ref} className="editlayer" style={{ transform: `translateY(${top}px)` }}>
      {children}
    </div>
  );
}

interface LineProps {
  line: TreeLine;
  focusable: boolean;
  changed: boolean;
  onFocus: () => void;
  onClick: () => void;
  onFold: () => void;
  onEdit?: () => void;
}

const colours: Record<string, string> = {
  str: "t-str",
  int: "t-num",
  float: "t-num",
  complex: "t-num",
  bool: "t-const",
  None: "t-const",
  bytes: "t-const",
  bytearray: "t-const",
  datetime: "t-time",
  date: "t-time",
  time: "t-time",
  timedelta: "t-time",
  Decimal: "t-time",
  UUID: "t-time",
};

function Line({ line, focusable, changed, onFocus, onClick, onFold, onEdit }: LineProps) {
  const { node, depth } = line;
  const common = {
    "aria-level": depth + 1,
    "aria-setsize": line.of,
    "aria-posinset": line.at,
    style: { "--d": depth } as CSSProperties,
    onFocus,
  };
  if (line.cut) {
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for all its lines
      <div
        {...common}
        role="treeitem"
        tabIndex={focusable ? 0 : -1}
        className="n is-cut"
        aria-selected={focusable}
        onClick={onClick}
      >
        <span />
        <span className="dim">{count(line.cut)} more left out of this view</span>
      </div>
    );
  }
  const aid = readingAid(line);
  const leaf = node.text !== undefined || node.type === "None";
  const text = node.type === "None" ? "None" : preview(node);
  const [opening, closing] = brackets(node);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for all its lines
    <div
      {...common}
      role="treeitem"
      tabIndex={focusable ? 0 : -1}
      className={`n${changed ? " is-changed" : ""}`}
      aria-selected={focusable}
      {...(line.folds ? { "aria-expanded": line.open } : {})}
      onClick={onClick}
      onDoubleClick={onEdit}
    >
      {line.folds ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: a larger target for the pointer; arrows fold by keyboard
        // biome-ignore lint/a11y/useKeyWithClickEvents: arrows fold by keyboard
        <span
          className="fold"
          onClick={(event) => {
            event.stopPropagation();
            onFold();
          }}
        >
          <Icon icon={line.open ? ChevronDown : ChevronRight} size={12} />
        </span>
      ) : (
        <span />
      )}
      <span className={`kk${line.labelKind === "str" ? "" : " idx"}`}>
        <Text value={line.label} max={80} />
      </span>
      <span className="v" title={leaf ? visible(text) : undefined}>
        {leaf ? (
          <span className={aid?.asTime ? "t-time" : (colours[node.type] ?? "t-p")}>
            <Text value={text} />
          </span>
        ) : (
          <span className="t-p">
            {line.open && !node.recursive ? (
              `${opening} ${count(node.size)} ${closing}`
            ) : (
              <Text value={preview(node)} />
            )}
          </span>
        )}
      </span>
      <span className="ty">
        {typeWords(node)}
        {aid && <em> {aid.text}</em>}
        {changed && <span className="sr">, changed</span>}
      </span>
    </div>
  );
}

function typeWords(node: ValueNode): ReactNode {
  const className = node.className && <Text value={node.className} max={60} />;
  const name =
    node.type === "object" ? (
      className
    ) : className ? (
      <>
        {node.type} · {className}
      </>
    ) : (
      node.type
    );
  if (node.recursive) return <>{name} · recursive</>;
  if (node.text !== undefined && node.cut) return `${node.type} · ${count(node.size)}, cut`;
  if (node.type === "bytes" || node.type === "bytearray")
    return `${node.type} · ${size(node.size)}`;
  return name;
}
