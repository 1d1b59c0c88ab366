/** A path of the host's machine, with its folders suggested: a combobox. */
import { Database, File, Folder } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { client } from "../../client.ts";
import { useField } from "../../ui/Field.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Text } from "../../ui/Text.tsx";

interface Entry {
  name: string;
  path: string;
  kind: "folder" | "sqlite" | "file";
}
const icons = { folder: Folder, sqlite: Database, file: File };

export interface PathFieldProps {
  value: string;
  onChange: (path: string) => void;
  /** The path is complete: chosen from the list, or the field was left. */
  onDone: (path: string) => void;
  foldersOnly: boolean;
  placeholder: string;
  autoFocus?: boolean;
}

export function PathField(props: PathFieldProps) {
  const { value, onChange, onDone, foldersOnly, placeholder, autoFocus } = props;
  const wiring = useField();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [entries, setEntries] = useState<Entry[]>([]);
  const [active, setActive] = useState(-1);
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (autoFocus) input.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  useEffect(() => {
    if (!open) return;
    let stale = false;
    const timer = setTimeout(async () => {
      // A path that cannot be listed has nothing to suggest; leaving the field says what is wrong with it.
      const answer = await client.files.suggest({ path: value }).catch(() => null);
      if (stale) return;
      const all = answer?.entries ?? [];
      setEntries(foldersOnly ? all.filter((entry) => entry.kind === "folder") : all);
      setActive(-1);
    }, 80);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [open, value, foldersOnly]);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const choose = (entry: Entry) => {
    if (entry.kind === "folder") {
      const separator = entry.path.includes("\\") ? "\\" : "/";
      onChange(entry.path.endsWith(separator) ? entry.path : entry.path + separator);
      if (foldersOnly) onDone(entry.path);
      return;
    }
    onChange(entry.path);
    setOpen(false);
    onDone(entry.path);
  };
  const keys = (event: KeyboardEvent) => {
    const entry = entries[active];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (entries.length > 0) setActive((active + step + entries.length) % entries.length);
    } else if (event.key === "Enter" && open && entry) {
      event.preventDefault();
      choose(entry);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
  };
  const shown = open && entries.length > 0;
  return (
    <span className="pathfield">
      <span className={`input mono${wiring["aria-invalid"] ? " is-bad" : ""}`}>
        <input
          {...wiring}
          ref={input}
          role="combobox"
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={shown && active >= 0 ? `${id}-${active}` : undefined}
          value={value}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            onChange(event.target.value);
            setOpen(true);
          }}
          onClick={() => setOpen(true)}
          onKeyDown={keys}
          onBlur={() => {
            setOpen(false);
            onDone(value);
          }}
        />
      </span>
      <div
        ref={list}
        role="listbox"
        id={`${id}-list`}
        aria-label="Suggestions"
        className="pathlist"
        hidden={!shown}
      >
        {entries.map((entry, index) => (
          <div
            key={entry.path}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(entry)}
            onKeyDown={undefined}
          >
            <Icon icon={icons[entry.kind]} size={14} />
            <Text value={entry.name} max={120} />
            {entry.kind === "sqlite" && <span className="dim">SQLite</span>}
          </div>
        ))}
      </div>
    </span>
  );
}
