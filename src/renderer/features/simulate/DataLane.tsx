/** Keys of request.session followed as values over time. */
import { ChevronDown } from "lucide-react";
import type { Lanes } from "../../../shared/run.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { visible } from "../../ui/Text.tsx";
import { Lane } from "./Bars.tsx";
import { extent, fits, thin, withGaps } from "./lane-layout.ts";
import { useStage } from "./stage.ts";

const maxFollowed = 4;

/** The keys that have a lane: those chosen, else the first that is not Django's own. */
function followedKeys(data: Lanes["data"], chosen: readonly string[] | null): string[] {
  const known = data.map(({ key }) => key);
  if (chosen) return chosen.filter((key) => known.includes(key));
  const own = known.filter((key) => !key.startsWith("_"));
  return (own.length > 0 ? own : known).slice(0, 1);
}

export function DataLane({ data, pixels }: { data: Lanes["data"]; pixels: number }) {
  const axis = useStage((state) => state.axis);
  const chosen = useStage((state) => state.followed);
  const followed = followedKeys(data, chosen);
  const toggle = (key: string) =>
    useStage.setState({
      followed: followed.includes(key)
        ? followed.filter((one) => one !== key)
        : [...followed, key].slice(-maxFollowed),
    });
  const menu = data.map(({ key }) => ({
    id: key,
    text: visible(key),
    checked: followed.includes(key),
    onSelect: () => toggle(key),
  }));
  return (
    <Lane
      name="Data"
      small={
        menu.length > 0 ? (
          <MenuButton
            items={menu}
            label={`Follow keys: ${followed.join(", ") || "none"}`}
            className="link lane-menu"
          >
            {followed.length > 0 ? visible(followed.join(", ")) : "follow a key"}
            <Icon icon={ChevronDown} />
          </MenuButton>
        ) : (
          "request.session"
        )
      }
      lines={Math.max(1, followed.length)}
      className="lane-data"
    >
      {data.length === 0 && <span className="lane-none">The session stays empty.</span>}
      {followed.map((key, row) => {
        const spans = data.find((one) => one.key === key)?.spans ?? [];
        const shown = thin(withGaps(spans), axis, pixels);
        const top = 9 + row * 23;
        return shown.map((span) =>
          "gap" in span ? (
            <span
              key={`${key} gap ${span.from}`}
              className="bar bar-lost"
              style={{ ...extent(axis, span.from, span.to), top }}
            >
              gone
            </span>
          ) : (
            <span
              key={`${key} ${span.from}`}
              className="bar bar-data"
              style={{ ...extent(axis, span.from, span.to), top }}
              title={`${visible(key)}: ${visible(span.value)}`}
            >
              <em>
                {fits(axis, pixels, span, key.length + span.value.length + 4) && (
                  <span className="t-key">{visible(key)} </span>
                )}
                <span className="t-num">{visible(span.value)}</span>
              </em>
            </span>
          ),
        );
      })}
    </Lane>
  );
}
