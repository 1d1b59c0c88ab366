/** What stands where rows would be: an empty store, a filter nothing fits, a filter that cannot be read. */
import { Inbox, Search, TriangleAlert } from "lucide-react";
import { client } from "../../client.ts";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { count, plural } from "../../ui/format.ts";
import { visible } from "../../ui/Text.tsx";
import { joinFilter, splitFilter } from "./filter-text.ts";
import type { ListingState } from "./listing.ts";
import { useExcluding } from "./use-excluding.ts";

export interface BlankProps {
  connection: string;
  state: ListingState;
  onFilter: (filter: string) => void;
  onDemo: (() => void) | null;
  onEdit: () => void;
}

/** null where there are rows, or where it is not yet known that there are none. */
export function Blank({ connection, state, onFilter, onDemo, onEdit }: BlankProps) {
  const { filter, plan, scan, known, ended, count: store } = state;
  if (known > 0 || state.problem) return null;
  const bad = plan?.tokens.filter((token) => token.problem) ?? [];
  if (bad.length > 0) {
    return (
      <EmptyState
        icon={TriangleAlert}
        title="This filter cannot be read"
        actions={
          <RemoveButtons tokens={bad.map((token) => token.text)} {...{ filter, onFilter }} />
        }
      >
        {bad.map(({ text, problem }) => (
          <span key={text} className="line">
            {visible(problem?.message ?? "")} {visible(problem?.hint ?? "")}
          </span>
        ))}
      </EmptyState>
    );
  }
  if (scan?.status === "running") {
    return (
      <EmptyState icon={Search} title="No match so far">
        {visible(plan?.why ?? "")} Every session is read once; matches appear here as they are
        found.
      </EmptyState>
    );
  }
  if (!ended) return null;
  if (filter === "") {
    return (
      <EmptyState
        icon={Inbox}
        title="No sessions in this store"
        actions={
          <>
            {onDemo && <Button onClick={onDemo}>Try the demo store</Button>}
            <Button onClick={onEdit}>Check another table</Button>
          </>
        }
      >
        The store was opened and read; it holds no session.
      </EmptyState>
    );
  }
  const checked = scan
    ? scan.status === "stopped"
      ? `The scan was stopped after ${plural(scan.scanned, "session")}; none of them fits.`
      : `${plural(scan.scanned, "session")} ${scan.scanned === 1 ? "was" : "were"} checked.`
    : plan?.answeredBy === "key"
      ? "The session key was looked up."
      : `The expiry index was asked${store.total === null ? "" : `, over ${count(store.total)} sessions`}.`;
  return <NoMatch {...{ connection, filter, onFilter, checked }} total={store.total} />;
}

interface NoMatchProps {
  connection: string;
  filter: string;
  onFilter: (filter: string) => void;
  checked: string;
  total: number | null;
}

function NoMatch({ connection, filter, onFilter, checked, total }: NoMatchProps) {
  const tokens = splitFilter(filter);
  const excluding = useExcluding(client, connection, tokens, total);
  const named = excluding.map(visible).join(" and ");
  return (
    <EmptyState
      icon={Search}
      title="No session matches"
      actions={
        <RemoveButtons
          tokens={excluding.length > 0 ? excluding : tokens}
          {...{ filter, onFilter }}
        />
      }
    >
      {checked}
      {excluding.length > 0
        ? ` ${named} ${excluding.length > 1 ? "each exclude" : "alone excludes"} everything.`
        : tokens.length > 1 && " Each filter below narrows the result."}
    </EmptyState>
  );
}

interface RemoveProps {
  tokens: string[];
  filter: string;
  onFilter: (filter: string) => void;
}

function RemoveButtons({ tokens, filter, onFilter }: RemoveProps) {
  return tokens.slice(0, 4).map((token) => (
    <Button
      key={token}
      onClick={() => onFilter(joinFilter(splitFilter(filter).filter((other) => other !== token)))}
    >
      Remove {visible(token)}
    </Button>
  ));
}
