/** Who, which key, and why the session lives or dies, with its lifetime as a line. */
import { Copy, ShieldX, X } from "lucide-react";
import type { CSSProperties } from "react";
import type { SessionDetail } from "../../../shared/session.ts";
import { Badge } from "../../ui/Badge.tsx";
import { IconButton } from "../../ui/Button.tsx";
import { absolute, date, dayMonth } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { useNow } from "../../ui/useNow.ts";

export interface HeadProps {
  sessionKey: string;
  detail: SessionDetail | null;
  changes: number;
  /** Whether the store knows users by name. */
  users: boolean;
  onClose: () => void;
}

export function Head({ sessionKey, detail, changes, users, onClose }: HeadProps) {
  const row = detail?.row;
  const copy = () =>
    navigator.clipboard
      .writeText(sessionKey)
      .then(() => showToast({ text: "Session key copied." }))
      .catch(() => showToast({ text: "The clipboard cannot be written here.", tone: "warning" }));
  return (
    <div className="ins-head">
      <div className="ins-title">
        {row && <StateMark state={row.state} tag />}
        {row?.signature === "invalid" && (
          <Badge tone="danger" icon={ShieldX} title="The signature fits no known key">
            Invalid
          </Badge>
        )}
        {row?.user ? (
          <>
            <span className="who">
              {row.user.name === null ? (
                users ? (
                  "no such user"
                ) : (
                  "signed in"
                )
              ) : (
                <Text value={row.user.name} max={60} />
              )}
            </span>
            <span className="dim nowrap">
              user <Text value={row.user.id} max={20} />
            </span>
          </>
        ) : (
          row && (
            <span className="dim">
              {row.problem && !row.keyCount ? "user unknown" : "anonymous"}
            </span>
          )
        )}
        {changes > 0 && (
          <Badge tone="accent">{changes === 1 ? "1 change" : `${changes} changes`}</Badge>
        )}
        <div className="tools">
          <IconButton
            icon={X}
            label="Close inspector"
            title="Close inspector. Esc"
            onClick={onClose}
          />
        </div>
      </div>
      <div className="ins-key">
        <code className="mono">
          <Text value={sessionKey} max={80} />
        </code>
        <IconButton
          icon={Copy}
          label="Copy session key"
          title="Copy key. Ctrl+C in the table"
          onClick={copy}
        />
      </div>
      {detail && (
        <p className="ins-say">
          <Sentence text={detail.lifetime.reason} />
        </p>
      )}
      {detail && <LifeLine detail={detail} />}
    </div>
  );
}

/** The verdict comes first, up to a comma or a stop after it; settings are names. */
function Sentence({ text }: { text: string }) {
  const end = /^(?:\w+\. )?[^,.:]{1,80}(?=[,.:](?:\s|$))/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(end).split(/\b([A-Z]+_[A-Z_]+|_session_expiry)\b/);
  return (
    <>
      {end > 0 && <b>{visible(text.slice(0, end))}</b>}
      {rest.map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text, in order
          <code key={index} className="mono">
            {part}
          </code>
        ) : (
          visible(part)
        ),
      )}
    </>
  );
}

function LifeLine({ detail }: { detail: SessionDetail }) {
  const now = useNow();
  const { savedAt, expires, state } = detail.lifetime;
  if (!savedAt || !expires) return null;
  const from = Date.parse(savedAt);
  const to = Date.parse(expires);
  if (!(to > from)) return null;
  const share = Math.max(0, Math.min(100, (100 * (now - from)) / (to - from)));
  const over = now >= to;
  const time = (iso: string) =>
    absolute(iso)
      .replace(/ \d{4},/, "")
      .replace(" UTC", "");
  const year = savedAt.slice(0, 4) === expires.slice(0, 4) ? dayMonth(expires) : date(expires);
  // The word "now" has to stay clear of the dates at both ends.
  const room = share > 38 && share < 78;
  return (
    <div
      className={`lifeline is-${state}`}
      style={{ "--x": `${share.toFixed(1)}%` } as CSSProperties}
      role="img"
      aria-label={`Saved ${absolute(savedAt)}, ${
        over ? "over" : `now at ${Math.round(share)} percent of its lifetime`
      }, ${over ? "expired" : "expires"} ${absolute(expires)}`}
    >
      <div className="track">
        <span className="past" />
      </div>
      {!over && <span className="at" />}
      <span className="lbl">saved {time(savedAt)}</span>
      {!over && room && <span className="lbl mid">now</span>}
      <span className="lbl end">{over ? `expired ${year}` : year}</span>
    </div>
  );
}
