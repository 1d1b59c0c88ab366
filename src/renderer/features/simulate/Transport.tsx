/** The virtual clock: previous, play, next, the time, how fast, how close; the scenario shown and what can be added. */
import {
  ChevronDown,
  List,
  Maximize2,
  Minus,
  Pause,
  Play,
  Plus,
  SkipBack,
  SkipForward,
  Table2,
} from "lucide-react";
import { IconButton } from "../../ui/Button.tsx";
import { plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { visible } from "../../ui/Text.tsx";
import { isDirty, showDoc, titleOf, useDoc, useDocs } from "./document.ts";
import { stepKinds } from "./edits.ts";
import { togglePlay } from "./play.ts";
import { addAt } from "./RequestLane.tsx";
import { fitAxis, setAxis, stepMoment, useStage, wholeAxis, zoom } from "./stage.ts";
import { clockOf } from "./virtual-time.ts";
import "./transport.css";

function Clock() {
  const time = useStage((state) => state.time);
  const span = useStage((state) => state.run?.span ?? 0);
  return (
    <span className="clock">
      {clockOf(Math.floor(time))} <span className="dim">/ {clockOf(Math.ceil(span))}</span>
    </span>
  );
}

/** The scenarios that are open. */
function OpenScenarios() {
  const docs = useDocs((state) => state.docs);
  const doc = useDoc();
  const items = docs.map((one) => ({
    id: one.id,
    text: visible(titleOf(one)),
    checked: one.id === doc.id,
    end: isDirty(one) ? "not in a file" : plural(one.draft.scenario.steps.length, "step"),
    onSelect: () => showDoc(one.id),
  }));
  const requests = doc.draft.scenario.steps.filter((step) => step.request).length;
  return (
    <MenuButton
      items={items}
      label={`Scenario: ${visible(titleOf(doc))}${isDirty(doc) ? ", not in a file" : ""}`}
      className="btn scenario-menu"
    >
      <Icon icon={List} />
      <span className="cut">{visible(titleOf(doc))}</span>
      {isDirty(doc) && <i className="unsaved" title="Has changes that are in no file" />}
      <span className="dim">{plural(requests, "request")}</span>
      <Icon icon={ChevronDown} />
    </MenuButton>
  );
}

function AddEvent() {
  const items = stepKinds.map(({ id, text }) => ({
    id,
    text,
    onSelect: () => addAt(Math.round(useStage.getState().time), id),
  }));
  return (
    <MenuButton items={items} label="Add event" className="btn" title="At the playhead">
      <Icon icon={Plus} />
      Add event
    </MenuButton>
  );
}

export function Transport() {
  const playing = useStage((state) => state.playing);
  const speed = useStage((state) => state.speed);
  const table = useStage((state) => state.table);
  const run = useStage((state) => state.run);
  const axis = useStage((state) => state.axis);
  const fitted = run !== null && axis.to - axis.from === fitAxis(run).to;
  return (
    <div className="transport" role="toolbar" aria-label="Virtual clock" data-region="clock">
      <div className="keys">
        <IconButton
          icon={SkipBack}
          label="Previous event"
          title="Previous event. Left"
          onClick={() => stepMoment(-1)}
        />
        <IconButton
          icon={playing ? Pause : Play}
          label={playing ? "Pause" : "Play"}
          title={`${playing ? "Pause" : "Play"}. Space`}
          className="play"
          onClick={togglePlay}
        />
        <IconButton
          icon={SkipForward}
          label="Next event"
          title="Next event. Right"
          onClick={() => stepMoment(1)}
        />
      </div>
      <Clock />
      <Segmented
        label="Speed"
        value={speed}
        options={[
          { id: "1", text: "1×" },
          { id: "60", text: "60×" },
          { id: "600", text: "600×" },
          { id: "fit", text: "Fit" },
        ]}
        onChange={(next) => useStage.setState({ speed: next })}
      />
      <div className="keys">
        <IconButton icon={Minus} label="Zoom out" title="Zoom out. -" onClick={() => zoom(1.6)} />
        <IconButton icon={Plus} label="Zoom in" title="Zoom in. +" onClick={() => zoom(0.625)} />
        <IconButton
          icon={Maximize2}
          label={fitted ? "Show everything" : "Fit the requests"}
          title={`${fitted ? "Show everything" : "Fit the requests"}. 0`}
          onClick={() => run && setAxis(fitted ? wholeAxis(run) : fitAxis(run))}
        />
      </div>
      <span className="grow" />
      <IconButton
        icon={Table2}
        label="Table"
        text="Table"
        aria-pressed={table}
        title="The same as a table. T"
        onClick={() => useStage.setState({ table: !table })}
      />
      <OpenScenarios />
      <AddEvent />
    </div>
  );
}
