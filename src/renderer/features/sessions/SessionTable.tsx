/**
 * The grid. TanStack Virtual says which places of the list are on screen, the table model holds just those rows:
 * order and filter are the host's, so nothing of the list needs to be known beyond them.
 */
import { useTable } from "@tanstack/react-table";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from "react";
import type { Order, SessionRow } from "../../../shared/session.ts";
import { Icon } from "../../ui/Icon.tsx";
import {
  CellContext,
  type CellFacts,
  cellClass,
  cellTitle,
  columns,
  features,
} from "./columns.tsx";
import { SkeletonRow, Spacer } from "./filler-rows.tsx";
import { indexOfKey, type ListingState, rowAt } from "./listing.ts";
import { useElementWidth, useNarrow, useSameRows } from "./table-view.ts";
import type { SelectionMoves } from "./use-selection.ts";
import "./table.css";

const rowHeight = 28;

export interface TableHandle {
  focus(): void;
  /** Brings a place into view. */
  reveal(index: number): void;
}

export interface SessionTableProps {
  state: ListingState;
  moves: SelectionMoves;
  facts: Omit<CellFacts, "keysWidth">;
  orders: readonly Order[];
  hidden: Readonly<Record<string, boolean>>;
  /** A table with a cache in front: where the two differ is a column. */
  paired: boolean;
  /** Rows were read before the store went away. */
  stale: boolean;
  onOrder: (order: Order) => void;
  onWant: (from: number, to: number, focused: number) => void;
  onRange: (from: number, to: number) => void;
  onOpen: (row: SessionRow) => void;
  /** Keys the grid itself does not know: letters, Del. */
  onKey: (event: KeyboardEvent, row: SessionRow | undefined) => void;
  handle: Ref<TableHandle>;
}

export function SessionTable(props: SessionTableProps) {
  const {
    state,
    moves,
    facts,
    orders,
    hidden,
    paired,
    stale,
    onOrder,
    onWant,
    onRange,
    onOpen,
    onKey,
  } = props;
  const { selection } = moves;
  const scroller = useRef<HTMLDivElement>(null);
  const waiting = state.ended || state.scan ? 0 : state.known === 0 ? 14 : 4;
  const count = state.known + (state.problem ? 0 : waiting);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    // The head takes the room of a row in what scrolls, and then covers its top.
    scrollMargin: rowHeight,
    scrollPaddingStart: rowHeight,
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      const { active } = selection;
      if (active >= count || shown.includes(active)) return shown;
      return [...shown, active].sort((a, b) => a - b);
    },
  });
  const items = virtual.getVirtualItems();
  const width = useElementWidth(scroller);
  const height = virtual.scrollRect?.height ?? 0;
  const top = virtual.scrollOffset ?? 0;
  const first = Math.round(top / rowHeight);
  const last = Math.max(first, Math.floor((top + height - rowHeight) / rowHeight) - 1);
  useEffect(() => {
    onWant(first, last, selection.active);
    onRange(first, last);
  }, [first, last, selection.active, onWant, onRange]);

  const shown = items.flatMap((item) => rowAt(state, item.index) ?? []);
  const narrow = useNarrow();
  const table = useTable({
    features,
    columns,
    data: useSameRows(shown),
    getRowId: (row) => row.key,
    columnResizeMode: "onChange",
    state: {
      columnVisibility: {
        ...hidden,
        ...(narrow ? { saved: false, encoding: false } : {}),
        ...(paired ? {} : { pair: false }),
      },
    },
    defaultColumn: { size: 90 },
  });
  const model = table.getRowModel().rowsById;

  // Focus by keyboard has to survive that the focused row is drawn anew.
  const wantFocus = useRef(false);
  const focusActive = useCallback(() => {
    const row = scroller.current?.querySelector<HTMLElement>('tr[tabindex="0"]');
    row?.focus({ preventScroll: true });
  }, []);
  // An element that is moved in the page loses the focus without a word; leaving it by hand tells onBlur.
  const hasFocus = useRef(false);
  useLayoutEffect(() => {
    const lost = hasFocus.current && document.activeElement === document.body;
    if (!wantFocus.current && !lost) return;
    wantFocus.current = false;
    focusActive();
  });
  useImperativeHandle(
    props.handle,
    () => ({
      focus: () => {
        wantFocus.current = true;
        virtual.scrollToIndex(selection.active);
        focusActive();
      },
      reveal: (index) => virtual.scrollToIndex(index, { align: "auto" }),
    }),
    [virtual, selection.active, focusActive],
  );

  // Another filter or order starts at the top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the generation is what it is about
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [state.generation]);

  // Matches that a scan finds are put in where they belong: what is looked at must not move away under it.
  const seen = useRef<{ key: string; index: number } | null>(null);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !seen.current || !state.scan || element.scrollTop < rowHeight) return;
    const index = indexOfKey(state, seen.current.key);
    if (index >= 0) element.scrollTop += (index - seen.current.index) * rowHeight;
  }, [state]);
  useEffect(() => {
    const row = rowAt(state, first);
    seen.current = row ? { key: row.key, index: first } : null;
  }, [state, first]);

  const page = Math.max(1, last - first - 1);
  const keys = (event: KeyboardEvent): void => {
    if (!(event.target as HTMLElement).matches("tr, tr *")) return;
    const places: Record<string, number> = {
      ArrowDown: selection.active + 1,
      ArrowUp: selection.active - 1,
      PageDown: selection.active + page,
      PageUp: selection.active - page,
      Home: 0,
      End: state.known - 1,
    };
    const place = places[event.key];
    if (place !== undefined && !event.altKey) {
      const to = Math.max(0, Math.min(place, state.known - 1));
      const ctrl = event.ctrlKey || event.metaKey;
      wantFocus.current = true;
      virtual.scrollToIndex(to, { align: "auto" });
      moves.to(to, event.shiftKey ? "stretch" : ctrl ? "focus" : "alone");
      event.preventDefault();
    } else if (event.key === " ") {
      moves.toggle(selection.active);
      event.preventDefault();
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
      moves.all();
      event.preventDefault();
    } else if (event.key === "Enter") {
      const row = rowAt(state, selection.active);
      if (row) onOpen(row);
      event.preventDefault();
    } else onKey(event, rowAt(state, selection.active));
  };
  const click = (index: number) => (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) moves.toggle(index);
    else moves.to(index, event.shiftKey ? "stretch" : "alone");
    wantFocus.current = true;
  };

  const leaves = table.getVisibleLeafColumns();
  const ids = leaves.map((column) => column.id);
  const others = leaves
    .filter(({ id }) => id !== "keys")
    .reduce((sum, column) => sum + column.getSize(), 0);
  const keysWidth = Math.max(640, width) - others - 12;
  const drawn = new Set<string | number>();
  let at = rowHeight;
  return (
    <div ref={scroller} className={`tablewrap${stale ? " stale" : ""}`} data-region="table">
      <CellContext value={{ ...facts, keysWidth }}>
        <table
          className="grid"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: ARIA's grid pattern is a table with this role
          role="grid"
          aria-label="Sessions"
          aria-multiselectable="true"
          aria-rowcount={state.ended || state.scan ? state.known + 1 : -1}
          aria-busy={state.loading}
          onKeyDown={keys}
          onFocus={() => {
            hasFocus.current = true;
          }}
          onBlur={() => {
            hasFocus.current = false;
          }}
        >
          <colgroup>
            {leaves.map((column) => (
              <col
                key={column.id}
                style={column.id === "keys" ? {} : { width: column.getSize() }}
              />
            ))}
          </colgroup>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id} aria-rowindex={1}>
                {group.headers.map((header) => {
                  const sorts = header.column.id === "expires" && orders.length > 0;
                  return (
                    <th
                      key={header.id}
                      scope="col"
                      className={headClass(header.column.id)}
                      {...(sorts
                        ? { "aria-sort": state.order === "expires" ? "ascending" : "descending" }
                        : {})}
                    >
                      {sorts ? (
                        <button
                          type="button"
                          className="sorter"
                          disabled={orders.length < 2}
                          title="Order by expiry, the other way round"
                          onClick={() =>
                            onOrder(state.order === "expires" ? "-expires" : "expires")
                          }
                        >
                          <table.FlexRender header={header} />
                          <Icon icon={state.order === "expires" ? ArrowUp : ArrowDown} size={12} />
                        </button>
                      ) : (
                        <table.FlexRender header={header} />
                      )}
                      {header.column.getCanResize() && (
                        <span
                          className="resizer"
                          aria-hidden="true"
                          onMouseDown={header.getResizeHandler()}
                          onDoubleClick={() => header.column.resetSize()}
                        />
                      )}
                    </th>
                  );
                })}
              </tr>
            ))}
          </thead>
          <tbody>
            {items.map((item) => {
              const gap = item.start - at;
              at = item.end;
              const row = rowAt(state, item.index);
              // A row's element goes with its session. One saved while pages were read may stand on two of them.
              const id = row && !drawn.has(row.key) ? row.key : item.index;
              drawn.add(id);
              const cells = row && model[row.key]?.getVisibleCells();
              return [
                gap > 0 && (
                  <Spacer key={`gap-${item.index}`} height={gap} columns={leaves.length} />
                ),
                row && cells ? (
                  <tr
                    key={id}
                    aria-rowindex={item.index + 2}
                    aria-selected={selection.keys.has(row.key)}
                    tabIndex={item.index === selection.active ? 0 : -1}
                    className={row.state === "expired" ? "is-past" : undefined}
                    data-key={row.key}
                    // Stretching the choice would mark text as well.
                    onMouseDown={(event) => event.shiftKey && event.preventDefault()}
                    onClick={click(item.index)}
                    onDoubleClick={() => onOpen(row)}
                  >
                    {cells.map((cell) => (
                      <td
                        key={cell.id}
                        className={cellClass[cell.column.id]}
                        title={cellTitle(cell.column.id, row)}
                      >
                        <table.FlexRender cell={cell} />
                      </td>
                    ))}
                  </tr>
                ) : (
                  <SkeletonRow key={id} place={item.index} ids={ids} />
                ),
              ];
            })}
            {virtual.getTotalSize() + rowHeight > at && (
              <Spacer height={virtual.getTotalSize() + rowHeight - at} columns={leaves.length} />
            )}
          </tbody>
        </table>
      </CellContext>
    </div>
  );
}

const headClass = (id: string): string | undefined =>
  cellClass[id]?.replace(/ ?\b(soft|mono)\b/g, "") || undefined;
