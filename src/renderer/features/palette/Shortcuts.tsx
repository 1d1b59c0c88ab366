/** The keyboard map of what exists. */
import { useApp } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import "./palette.css";

const map: { title: string; keys: [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["Ctrl K", "command field"],
      ["Ctrl 1 to 5", "sessions, purge, simulate, lab, audit"],
      ["F6, Shift F6", "next, previous region"],
      ["Ctrl Shift L", "lock or unlock writes"],
      ["Ctrl Z", "undo the last change"],
      ["Ctrl O, Ctrl N", "switch, new connection"],
      ["New: Ctrl O, Ctrl Shift O, Ctrl U", "project folder, SQLite file, server"],
      ["Ctrl B", "sidebar"],
      ["Ctrl ,", "settings"],
      ["F5", "refresh"],
      ["Esc", "close, clear, stop the scan"],
    ],
  },
  {
    title: "Sessions",
    keys: [
      ["/ or Ctrl L", "filter"],
      ["Up, Down, PgUp, PgDn", "rows"],
      ["Home, End", "first, last row read"],
      ["Shift, Ctrl + arrows or click", "select several"],
      ["Space", "add or remove the row"],
      ["Ctrl A", "select all rows read"],
      ["Enter", "inspector"],
      ["Ctrl C", "copy key"],
      ["E", "edit"],
      ["S", "simulate from here"],
      ["Shift E", "extend"],
      ["X", "expire now"],
      ["Del", "delete"],
      ["?", "these shortcuts"],
    ],
  },
  {
    title: "Expiry strip",
    keys: [
      ["Left, Right", "move an end by one bin"],
      ["Shift Left, Right", "by a day"],
      ["Enter", "filter to the range"],
    ],
  },
  {
    title: "Inspector",
    keys: [
      ["Alt 1 to 4", "tabs"],
      ["Left, Right", "fold, unfold"],
      ["Enter, Del", "edit, remove a value while editing"],
      ["Ctrl S", "save the edit"],
    ],
  },
  {
    title: "Simulate",
    keys: [
      ["Space", "play, pause"],
      ["Left, Right", "previous, next event"],
      ["Shift Left, Right", "one virtual second"],
      ["Alt Left, Right", "move the request"],
      ["Del", "remove the request"],
      ["+, -, 0", "closer, farther, fit"],
      ["T", "the same as a table"],
      ["Ctrl Z, Ctrl Shift Z", "undo, redo"],
      ["Ctrl S", "save the scenario as a file"],
      ["Ctrl Shift O", "open a scenario file"],
    ],
  },
];

export function Shortcuts() {
  const open = useApp((state) => state.shortcutsOpen);
  const single = useApp((state) => state.singleKeys);
  if (!open) return null;
  const close = () => useApp.setState({ shortcutsOpen: false });
  return (
    <Dialog
      title="Keyboard shortcuts"
      wide
      onClose={close}
      buttons={
        <Button large data-autofocus onClick={close}>
          Close
        </Button>
      }
    >
      <div className="keymap">
        {map.map(({ title, keys }) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="help">
        On a Mac, Cmd stands for Ctrl. Letters alone work while the table has the focus;{" "}
        {single
          ? "they can be switched off in the settings."
          : "they are switched off in the settings."}
      </p>
    </Dialog>
  );
}
