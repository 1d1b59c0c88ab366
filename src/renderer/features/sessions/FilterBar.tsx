/** The filter: chips for what applies, a field for the next token, suggestions while typing. */
import { Funnel, TriangleAlert, X } from "lucide-react";
import { type KeyboardEvent, type Ref, useEffect, useId, useState } from "react";
import type { FilterPlan } from "../../../shared/session.ts";
import type { Client } from "../../client.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { joinFilter, splitFilter, tokenParts } from "./filter-text.ts";
import { edgeWords } from "./strip-scale.ts";
import { type Suggestion, suggest } from "./suggestions.ts";

export interface FilterBarProps {
  filter: string;
  plan: FilterPlan | null;
  onFilter: (filter: string) => void;
  /** Esc where nothing is typed: whether there was something to stop. */
  onStop: () => boolean;
  /** Down from the field goes to the table. */
  onLeave: () => void;
  keysSeen: readonly string[];
  client: Client;
  connection: string;
  users: boolean;
  entry: Ref<HTMLInputElement>;
}

export function FilterBar(props: FilterBarProps) {
  const { filter, plan, onFilter, onLeave, entry } = props;
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const suggestions = useSuggestions(typed, open, props);
  const listId = useId();
  const tokens = splitFilter(filter);

  const without = (index: number): string => joinFilter(tokens.filter((_, at) => at !== index));
  const type = (text: string): void => {
    setTyped(text);
    setOpen(true);
    setChosen(-1);
  };
  const add = (text: string): void => {
    type("");
    setOpen(false);
    if (text.trim()) onFilter(joinFilter([...tokens, ...splitFilter(text)]));
  };
  const take = (suggestion: Suggestion): void => {
    if (suggestion.text.endsWith(":")) type(suggestion.text);
    else add(suggestion.text);
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>): void => {
    const shown = open && suggestions.length > 0;
    const picked = suggestions[chosen];
    if (event.key === "Enter") {
      if (shown && picked) take(picked);
      else add(typed);
    } else if (event.key === "Tab" && shown && picked && !event.shiftKey) take(picked);
    else if (event.key === "Backspace" && typed === "" && tokens.length > 0) {
      type(tokens.at(-1) ?? "");
      onFilter(without(tokens.length - 1));
    } else if (event.key === "ArrowDown" && shown) setChosen((chosen + 1) % suggestions.length);
    else if (event.key === "ArrowDown") onLeave();
    else if (event.key === "ArrowUp" && shown) {
      setChosen((chosen <= 0 ? suggestions.length : chosen) - 1);
    } else if (event.key === "Escape" && shown) setOpen(false);
    else if (event.key === "Escape" && typed) type("");
    else if (event.key === "Escape" && filter && !props.onStop()) onFilter("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <search className="filterbar" aria-label="Filter">
      <Icon icon={Funnel} size={14} />
      <div className="chips">
        {tokens.map((token, index) => (
          <Chip
            // biome-ignore lint/suspicious/noArrayIndexKey: the same token may stand twice
            key={`${index} ${token}`}
            token={token}
            problem={plan?.tokens[index]?.text === token ? plan.tokens[index].problem : null}
            onRemove={() => onFilter(without(index))}
          />
        ))}
        <div className="entry">
          <input
            ref={entry}
            type="text"
            role="combobox"
            aria-label="Filter sessions"
            aria-expanded={open && suggestions.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={chosen >= 0 && open ? `${listId}-${chosen}` : undefined}
            placeholder={tokens.length ? "" : "user:alice  state:expired  key:cart  expires:<1h"}
            spellCheck={false}
            autoComplete="off"
            value={typed}
            onChange={(event) => type(event.target.value)}
            onFocus={() => setOpen(true)}
            onClick={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={keys}
          />
          <div
            className="suggestions"
            role="listbox"
            id={listId}
            aria-label="Suggestions"
            hidden={!open || suggestions.length === 0}
          >
            {suggestions.map((suggestion, index) => (
              <div
                key={suggestion.text}
                id={`${listId}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === chosen}
                // The press must not take the focus out of the field.
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(suggestion);
                }}
              >
                <code className="mono">
                  <Text value={suggestion.text} max={60} />
                </code>
                <span className="dim">{visible(suggestion.about)}</span>
              </div>
            ))}
          </div>
        </div>
      </div>
      {(filter !== "" || typed !== "") && (
        <IconButton
          icon={X}
          label="Clear all filters"
          onClick={() => {
            type("");
            setOpen(false);
            onFilter("");
          }}
        />
      )}
    </search>
  );
}

interface ChipProps {
  token: string;
  problem: { message: string; hint?: string | undefined } | null;
  onRemove: () => void;
}

function Chip({ token, problem, onRemove }: ChipProps) {
  const { name, value } = tokenParts(token);
  const hint = problem ? [problem.message, problem.hint].filter(Boolean).join(" ") : token;
  return (
    <span className={`token${problem ? " is-bad" : ""}`} title={visible(hint)}>
      {problem && <Icon icon={TriangleAlert} size={12} />}
      {name && <b>{name}</b>}
      <span>
        <Text value={name === "expires:" ? rangeWords(value) : value} max={40} />
      </span>
      {problem && <em className="sr">{hint}</em>}
      <button type="button" aria-label={`Remove filter ${visible(token)}`} onClick={onRemove}>
        <Icon icon={X} size={12} />
      </button>
    </span>
  );
}

/** `2026-11-13T00:00Z..2026-12-04T00:00Z` reads "13 Nov..4 Dec"; anything else stays as typed. */
function rangeWords(value: string): string {
  const parts = value.split("..").map((text) => Date.parse(text));
  const [from, to] = parts;
  if (parts.length !== 2 || !from || !to) return value;
  return `${edgeWords(from)}..${edgeWords(to)}`;
}

function useSuggestions(typed: string, open: boolean, props: FilterBarProps): Suggestion[] {
  const { client, connection, users, keysSeen } = props;
  const [found, setFound] = useState<Suggestion[]>([]);
  useEffect(() => {
    if (!open) return;
    const abort = new AbortController();
    const ask = { client, connection, users, signal: abort.signal };
    const timer = setTimeout(
      () =>
        suggest(typed, keysSeen, ask)
          .then((list) => !abort.signal.aborted && setFound(list))
          // Suggestions are a convenience: typing goes on without them.
          .catch(() => !abort.signal.aborted && setFound([])),
      typed.startsWith("user:") ? 150 : 0,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [typed, open, client, connection, users, keysSeen]);
  return found;
}
