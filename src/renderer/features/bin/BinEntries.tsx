/** The sessions of one job as they were, read page by page as the list is scrolled. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { Undo2 } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { BinEntry, BinJob } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { IconButton } from "../../ui/Button.tsx";
import { absolute, relative, shortKey, size } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { PairMark, pairWords, StateMark } from "../../ui/StateMark.tsx";
import { Text, visible } from "../../ui/Text.tsx";

const page = 200;
const rowHeight = 28;

export interface BinEntriesProps {
  job: BinJob;
  now: number;
  onRestore: (entry: BinEntry) => void;
}

export function BinEntries({ job, now, onRestore }: BinEntriesProps) {
  const [entries, setEntries] = useState<BinEntry[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const ended = useRef(false);
  const reading = useRef(false);
  const scroller = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  const more = useCallback(
    async (after: number | undefined) => {
      if (reading.current || ended.current) return;
      reading.current = true;
      try {
        const next = await client.bin.entries({
          job: job.id,
          limit: page,
          ...(after === undefined ? {} : { after }),
        });
        ended.current = next.length < page;
        setEntries((before) => (after === undefined ? next : [...before, ...next]));
      } catch (error) {
        setProblem(problemOf(error));
        ended.current = true;
      }
      reading.current = false;
    },
    [job.id],
  );
  useEffect(() => void more(undefined), [more]);
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const lastEntry = entries.at(-1);
  useEffect(() => {
    if (lastEntry && lastShown > entries.length - 50) void more(lastEntry.sequence);
  }, [lastShown, lastEntry, entries.length, more]);

  const paired = entries.some(({ before }) => before.pair);
  const top = items[0]?.start ?? 0;
  const bottom = rows.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <ScrollRegion className="binscroll" ref={scroller} label="Sessions">
      {problem && <ProblemNotice problem={problem} />}
      <table className="sample" aria-rowcount={job.entries + 1}>
        <thead>
          <tr>
            <th className="w-state">State</th>
            <th className="w-key">Session key</th>
            <th>User</th>
            <th className="w-time">Expiry was</th>
            <th className="num w-size">Size</th>
            {paired && <th className="w-time">Row and cache</th>}
            <th className="w-time">Put back</th>
            <th className="w-act">
              <span className="sr">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {top > 0 && (
            <tr className="spacer">
              <td colSpan={paired ? 8 : 7} style={{ height: top }} />
            </tr>
          )}
          {items.map((item) => {
            const entry = entries[item.index];
            if (!entry) return null;
            const { before } = entry;
            return (
              <tr key={entry.sequence} aria-rowindex={item.index + 2}>
                <td>
                  <StateMark state={before.state} />
                </td>
                <td className="mono" title={visible(entry.key)}>
                  <Text value={shortKey(entry.key)} />
                </td>
                <td>
                  {before.user ? (
                    <>
                      <span className="uid">
                        <Text value={before.user.id} max={40} />
                      </span>
                      {before.user.name !== null && <Text value={before.user.name} max={60} />}
                    </>
                  ) : (
                    <span className="dim">anonymous</span>
                  )}
                </td>
                <td title={before.expires ? absolute(before.expires, true) : undefined}>
                  {before.expires ? relative(before.expires, now) : "never"}
                </td>
                <td className="num">{size(before.size)}</td>
                {paired && (
                  <td title={before.pair && pairWords[before.pair].was}>
                    <PairMark pair={before.pair} />
                  </td>
                )}
                <td title={entry.restoredAt ? absolute(entry.restoredAt, true) : undefined}>
                  {entry.restoredAt ? relative(entry.restoredAt, now) : ""}
                </td>
                <td>
                  {!entry.restoredAt && (
                    <IconButton
                      icon={Undo2}
                      label={`Put back ${visible(shortKey(entry.key))}`}
                      onClick={() => onRestore(entry)}
                    />
                  )}
                </td>
              </tr>
            );
          })}
          {bottom > 0 && (
            <tr className="spacer">
              <td colSpan={paired ? 8 : 7} style={{ height: bottom }} />
            </tr>
          )}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
