/** Under the table: how many, how far a scan is, how long it took, and which rows are on screen. */
import { TriangleAlert, Unplug } from "lucide-react";
import { type CSSProperties, useEffect, useRef, useState } from "react";
import { compact, count, duration, rate } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import type { ListingState, ScanProgress } from "./listing.ts";

export interface FooterProps {
  state: ListingState;
  shown: { from: number; to: number };
  offline: boolean;
  partial: boolean;
  /** The store could count what it told from statistics. */
  countable: boolean;
  onStop: () => void;
  onCount: () => void;
}

export function Footer({
  state,
  shown,
  offline,
  partial,
  countable,
  onStop,
  onCount,
}: FooterProps) {
  const { scan } = state;
  const { total, exact, exactly, done } = state.count;
  const last = Math.min(shown.to + 1, state.known);
  return (
    <div className="footer" data-region="footer">
      <Announcer text={announcement(state)} />
      {offline && (
        <span className="st st-danger">
          <Icon icon={Unplug} />
          offline
        </span>
      )}
      {partial && (
        <span className="st st-warning">
          <Icon icon={TriangleAlert} />
          partial
        </span>
      )}
      {scan ? (
        <span>
          <b>{count(scan.matched)}</b> {scan.status === "running" ? "match so far" : "match"}
        </span>
      ) : (
        state.filter !== "" &&
        state.ended &&
        !state.plan?.tokens.some((token) => token.problem) && (
          <span>
            <b>{count(state.known)}</b> match
          </span>
        )
      )}
      {total !== null && (
        <span className={scan ? "drop-sm" : undefined}>
          {exact ? "" : "≈ "}
          <b>{count(total)}</b> {partial ? "found" : "in store"}
        </span>
      )}
      {countable && total !== null && !exact && !scan && (
        <>
          {done && !exactly && (
            <button
              type="button"
              title="The number is the server's own estimate. Counting reads the whole index."
              onClick={onCount}
            >
              Count exactly
            </button>
          )}
          {!done && exactly && <span className="dim">counting</span>}
        </>
      )}
      {scan ? (
        <ScanPart scan={scan} onStop={onStop} />
      ) : (
        state.loading &&
        state.known === 0 && (
          <span className="scan">
            <span>Reading</span>
          </span>
        )
      )}
      <span className="grow" />
      {last > 0 && (
        <span className="dim">
          {last > shown.from ? `rows ${count(shown.from + 1)} to ${count(last)}` : ""}
        </span>
      )}
    </div>
  );
}

function ScanPart({ scan, onStop }: { scan: ScanProgress; onStop: () => void }) {
  const share = scan.total ? (100 * scan.scanned) / scan.total : 0;
  const left = scan.total && scan.rate > 0 ? (scan.total - scan.scanned) / scan.rate : null;
  if (scan.status !== "running") {
    const words = {
      done: `${count(scan.scanned)} checked in ${took(scan.tookMs)}`,
      stopped: `stopped, ${count(scan.scanned)} checked`,
      limit: `${count(scan.scanned)} checked, ended at ${count(scan.matched)} matches: more may fit`,
    };
    return <span>{words[scan.status]}</span>;
  }
  return (
    <>
      <span className="scan">
        <span
          className="scan-bar"
          role="progressbar"
          aria-label="Scan"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share)}
        >
          <i style={{ "--v": share } as CSSProperties} />
        </span>
        <span>
          {count(scan.scanned)} scanned
          {scan.rate > 0 && (
            <>
              {" "}
              at <b>{rate(scan.rate)} rows/s</b>
            </>
          )}
          {left !== null && left >= 1 && `, ${duration(left * 1000)} left`}
        </span>
      </span>
      <button type="button" title="Stop the scan. Esc" onClick={onStop}>
        Stop
      </button>
    </>
  );
}

const took = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : duration(ms));

function announcement({ scan, filter, known, ended, count: store }: ListingState): string {
  if (scan?.status === "running") return `${compact(scan.matched)} matches so far.`;
  if (scan) return `${count(scan.matched)} matches, ${count(scan.scanned)} checked.`;
  if (filter !== "" && ended) return `${count(known)} matches.`;
  return store.total === null ? "" : `${count(store.total)} sessions in store.`;
}

/** Growing counts are read out at most every 5 seconds. */
function Announcer({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const at = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, at.current + 5000 - Date.now());
    const timer = setTimeout(() => {
      at.current = Date.now();
      setSaid(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="sr" role="status">
      {said}
    </span>
  );
}
