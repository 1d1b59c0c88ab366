/** The command field: one line that goes to a session, a user or a command. */
import { Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { useApp } from "../../state/app.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Text } from "../../ui/Text.tsx";
import type { Command } from "./commands.ts";
import { useEntries } from "./use-entries.ts";
import "./palette.css";

const close = () => useApp.setState({ paletteOpen: false });

export function Palette() {
  const store = useCurrentStore();
  const state = useApp();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const groups = useEntries(text, state, store);
  const entries = groups.flatMap((group) => group.entries);
  const chosen = Math.min(at, Math.max(0, entries.length - 1));

  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => {
    list.current?.querySelector(`[data-at="${chosen}"]`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const run = (command: Command | undefined) => {
    if (!command || command.disabled) return;
    close();
    // After the palette gave the focus back: the command may want it elsewhere.
    setTimeout(command.run);
  };
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) setAt((chosen + step + entries.length) % Math.max(1, entries.length));
    else if (event.key === "Enter") run(entries[chosen]);
    else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) close();
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Command field"
      onKeyDown={keys}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onPointerDown={(event) => {
        // Only the backdrop is the dialog itself.
        if (event.target === dialog.current) close();
      }}
    >
      <div className="q">
        <Icon icon={Search} />
        <input
          type="text"
          role="combobox"
          aria-label="Go to session, user or command"
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={entries.length > 0 ? `${id}-${chosen}` : undefined}
          placeholder="Session key, user or command"
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Results" className="results">
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options, as ARIA's listbox has it
          <div key={group.title} role="group" aria-label={group.title}>
            <h3 role="presentation">{group.title}</h3>
            {group.entries.map((entry) => {
              const index = entries.indexOf(entry);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
                <div
                  key={entry.id}
                  id={`${id}-${index}`}
                  data-at={index}
                  role="option"
                  tabIndex={-1}
                  aria-selected={index === chosen}
                  aria-disabled={entry.disabled}
                  className="entryrow"
                  onClick={() => run(entry)}
                >
                  <Icon icon={entry.icon} />
                  <span className={entry.id === "session" ? "what mono" : "what"}>
                    <Marked text={entry.text} typed={text.trim()} />
                  </span>
                  {entry.note && (
                    <span className="dim">
                      <Text value={entry.note} max={60} />
                    </span>
                  )}
                  {entry.keys && <kbd>{entry.keys}</kbd>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {entries.length === 0 && (
        <p className="help none" role="status">
          Nothing fits. A whole session key opens that session.
        </p>
      )}
      <footer>
        <span>Enter opens</span>
        <span>Esc closes</span>
      </footer>
    </dialog>
  );
}

/** What was typed, marked where it stands in the text. */
function Marked({ text, typed }: { text: string; typed: string }) {
  const from = typed ? text.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (from < 0) return <Text value={text} max={120} />;
  const to = from + typed.length;
  return (
    <>
      <Text value={text.slice(0, from)} />
      <mark>
        <Text value={text.slice(from, to)} />
      </mark>
      <Text value={text.slice(to)} max={120} />
    </>
  );
}
