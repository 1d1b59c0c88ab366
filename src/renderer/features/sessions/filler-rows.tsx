/** Rows without a session: those still to be read, and the room of those that are not drawn. */
import { Skeleton } from "../../ui/Meters.tsx";
import { cellClass } from "./columns.tsx";

export function SkeletonRow({ place, ids }: { place: number; ids: string[] }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without tabindex takes no focus
    <tr aria-hidden="true" className="skeleton">
      {ids.map((id, index) => (
        <td key={id} className={cellClass[id]}>
          <Skeleton width={`${40 + ((place * 7 + index * 11) % 30)}px`} />
        </td>
      ))}
    </tr>
  );
}

export function Spacer({ height, columns: span }: { height: number; columns: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without tabindex takes no focus
    <tr aria-hidden="true" className="spacer">
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}
