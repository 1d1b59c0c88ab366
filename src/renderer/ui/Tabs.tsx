/** Tabs over one panel: arrows move and select, one tab stop. */
import type { KeyboardEvent, ReactNode } from "react";

export interface TabsProps<Id extends string> {
  label: string;
  tabs: { id: Id; text: ReactNode; title?: string }[];
  selected: Id;
  onSelect: (id: Id) => void;
  /** The panel's id is `${panelId}`; give it role="tabpanel" and aria-labelledby={`${panelId}-${selected}`}. */
  panelId: string;
  className?: string;
}

export function Tabs<Id extends string>(props: TabsProps<Id>) {
  const { label, tabs, selected, onSelect, panelId, className } = props;
  const keys = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = tabs.findIndex((tab) => tab.id === selected);
    const moves: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const to = moves[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    onSelect(next.id);
    document.getElementById(`${panelId}-${next.id}`)?.focus();
  };
  return (
    <div role="tablist" aria-label={label} className={className} onKeyDown={keys}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          id={`${panelId}-${tab.id}`}
          className="tab"
          aria-selected={tab.id === selected}
          aria-controls={panelId}
          tabIndex={tab.id === selected ? 0 : -1}
          title={tab.title}
          onClick={() => onSelect(tab.id)}
        >
          {tab.text}
        </button>
      ))}
    </div>
  );
}
