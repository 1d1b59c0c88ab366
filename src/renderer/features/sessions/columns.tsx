/** The table's columns: what of a row is shown, and how wide it is at first. */
import {
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
} from "@tanstack/react-table";
import { TriangleAlert } from "lucide-react";
import { type CSSProperties, createContext, useContext } from "react";
import type { SessionRow } from "../../../shared/session.ts";
import { absolute, relative, shortKey, size, span } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { PairMark, pairWords, SignatureMark, StateMark } from "../../ui/StateMark.tsx";
import { Text, visible } from "../../ui/Text.tsx";

export const features = tableFeatures({
  columnSizingFeature,
  columnResizingFeature,
  columnVisibilityFeature,
});

/** What cells need beside their row. */
export interface CellFacts {
  now: number;
  /** SESSION_COOKIE_AGE in ms: the lifetime assumed where the time of saving is unknown. */
  age: number;
  /** Values of `key:` tokens: their chips are marked. */
  hits: readonly string[];
  /** Whether the store knows users by name. */
  users: boolean;
  /** Room for key chips, px. */
  keysWidth: number;
}
export const CellContext = createContext<CellFacts>({
  now: 0,
  age: 1,
  hits: [],
  users: false,
  keysWidth: 0,
});

const helper = createColumnHelper<typeof features, SessionRow>();

export const columns = helper.columns([
  helper.display({
    id: "state",
    header: "State",
    size: 86,
    minSize: 60,
    cell: ({ row }) => <StateMark state={row.original.state} />,
  }),
  helper.display({
    id: "key",
    header: "Session key",
    size: 88,
    minSize: 60,
    cell: ({ row }) => <Text value={shortKey(row.original.key)} />,
  }),
  helper.display({
    id: "user",
    header: "User",
    size: 132,
    minSize: 60,
    cell: ({ row }) => <UserCell row={row.original} />,
  }),
  helper.display({
    id: "expires",
    header: "Expires",
    size: 88,
    minSize: 70,
    cell: ({ row }) => <ExpiresCell row={row.original} />,
  }),
  helper.display({
    id: "saved",
    header: "Saved",
    size: 56,
    minSize: 44,
    cell: ({ row }) => <SavedCell row={row.original} />,
  }),
  helper.display({
    id: "size",
    header: "Size",
    size: 60,
    minSize: 44,
    cell: ({ row }) => size(row.original.size),
  }),
  helper.display({
    id: "keys",
    header: "Top-level keys",
    enableResizing: false,
    cell: ({ row }) => <KeysCell row={row.original} />,
  }),
  helper.display({
    id: "pair",
    header: "Cache",
    size: 108,
    minSize: 60,
    cell: ({ row }) => <PairMark pair={row.original.pair} />,
  }),
  helper.display({
    id: "encoding",
    header: "Encoding",
    size: 88,
    minSize: 60,
    cell: ({ row }) => <EncodingCell row={row.original} />,
  }),
  helper.display({
    id: "signature",
    header: "Signature",
    size: 106,
    minSize: 70,
    cell: ({ row }) => <SignatureMark signature={row.original.signature} />,
  }),
]);

/** Classes of a column's cells. */
export const cellClass: Record<string, string> = {
  key: "mono",
  saved: "num soft",
  size: "num soft",
};

/** The long form, shown when the pointer rests on a cell. */
export function cellTitle(id: string, row: SessionRow): string | undefined {
  if (id === "key") return visible(row.key);
  if (id === "user" && row.user)
    return visible(`${row.user.name ?? ""} user ${row.user.id}`.trim());
  if (id === "expires") return row.expires ? absolute(row.expires, true) : "Never expires here";
  if (id === "saved") return row.savedAt ? absolute(row.savedAt, true) : "Time of saving unknown";
  if (id === "size") return `${row.size} bytes stored`;
  if (id === "pair" && row.pair) return pairWords[row.pair].about;
  if (id === "keys") return visible(row.problem?.message ?? row.keys.join(", "));
  return undefined;
}

function UserCell({ row }: { row: SessionRow }) {
  const { users } = useContext(CellContext);
  if (!row.user) {
    return (
      <>
        <span className="uid" />
        <span className="dim">
          {row.problem && row.keys.length === 0 ? "unknown" : "anonymous"}
        </span>
      </>
    );
  }
  return (
    <>
      <span className="uid">
        <Text value={row.user.id} max={12} />
      </span>
      {row.user.name === null ? (
        <span className="dim">{users ? "no such user" : "signed in"}</span>
      ) : (
        <Text value={row.user.name} max={80} />
      )}
    </>
  );
}

function ExpiresCell({ row }: { row: SessionRow }) {
  const { now, age } = useContext(CellContext);
  if (row.expires === null) return <span className="dim">never</span>;
  const end = Date.parse(row.expires);
  const start = row.savedAt ? Date.parse(row.savedAt) : end - age;
  const left = Math.max(0, Math.min(100, (100 * (end - now)) / Math.max(1, end - start)));
  const kind =
    end <= now
      ? " life-gone"
      : row.state === "browser"
        ? " life-browser"
        : left < 3
          ? " life-low"
          : "";
  return (
    <div className="expires">
      {relative(row.expires, now)}
      <span className={`life${kind}`}>
        {end > now && <i style={{ "--v": Math.max(2, Math.round(left)) } as CSSProperties} />}
      </span>
    </div>
  );
}

function SavedCell({ row }: { row: SessionRow }) {
  const { now } = useContext(CellContext);
  if (row.savedAt) return span(now - Date.parse(row.savedAt));
  return (
    <>
      <span aria-hidden="true">–</span>
      <span className="sr">unknown</span>
    </>
  );
}

const authKeys = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash"];

/** Width of a chip: 10.5 px JetBrains Mono, its padding and the gap after it. */
const chipWidth = (key: string): number => key.length * 6.3 + 13;
const shortest = chipWidth("six…");

/**
 * Chips that fit in `width` px, the last of which may be cut. `auth` stands for the three keys of
 * django.contrib.auth; keys asked for come right after it.
 */
export function chipsOf(
  row: SessionRow,
  hits: readonly string[],
  width: number,
): { chips: string[]; more: number } {
  const auth = row.keys.filter((key) => authKeys.includes(key)).length;
  const rest = row.keys.filter((key) => !authKeys.includes(key));
  rest.sort((a, b) => Number(hits.includes(b)) - Number(hits.includes(a)));
  const all = [...(auth ? ["auth"] : []), ...rest];
  const total = row.keyCount - auth + (auth ? 1 : 0);
  const chips: string[] = [];
  let room = width - (total > 2 ? 24 : 0);
  for (const key of all) {
    if (chips.length > 0 && room < Math.min(shortest + 20, chipWidth(key))) break;
    chips.push(key);
    room -= chipWidth(key);
    if (room <= 0) break;
  }
  return { chips, more: Math.max(0, total - chips.length) };
}

function KeysCell({ row }: { row: SessionRow }) {
  const { hits, keysWidth } = useContext(CellContext);
  if (row.problem && row.keys.length === 0 && row.problem.code !== "bad_signature") {
    return (
      <span className="st st-danger">
        <Icon icon={TriangleAlert} />
        <span className="cut">{visible(row.problem.message)}</span>
      </span>
    );
  }
  const { chips, more } = chipsOf(row, hits, keysWidth);
  if (chips.length === 0) return <span className="dim">empty</span>;
  return (
    <div className="rowkeys">
      {chips.map((key, index) => {
        const hit =
          hits.includes(key) || (key === "auth" && hits.some((h) => authKeys.includes(h)));
        const last = index === chips.length - 1;
        return (
          <span key={key} className={`k${hit ? " k-hit" : ""}${last ? " is-last" : ""}`}>
            <Text value={key} max={60} />
          </span>
        );
      })}
      {more > 0 && <span className="k k-more">+{more}</span>}
    </div>
  );
}

function EncodingCell({ row }: { row: SessionRow }) {
  const old = row.encoding === "legacy" || row.encoding === "md5";
  const words =
    row.encoding === "unknown"
      ? ["unknown"]
      : [old ? row.encoding : "", old ? "" : (row.serializer ?? ""), row.compressed ? "zlib" : ""];
  const noted = old || row.serializer === "pickle" || row.encoding === "unknown";
  return (
    <span className={`enc${noted ? " enc-note" : ""}`}>
      {words.filter(Boolean).join(" ") || row.encoding}
    </span>
  );
}
