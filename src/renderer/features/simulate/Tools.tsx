/** Undo, redo, and everything that goes to or comes from files, drawn into the view tabs' corner. */
import { Download, FilePlus2, FolderOpen, Redo2, Save, Undo2 } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { Problem } from "../../../shared/problem.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { showToast } from "../../ui/toasts.ts";
import {
  blankScenario,
  closeDoc,
  docOf,
  duplicateDoc,
  openDocs,
  redoEdit,
  titleOf,
  undoEdit,
  useDoc,
} from "./document.ts";
import { openScenarioFile, saveScenario, saveTest } from "./files.ts";

export interface ToolsProps {
  picker: RefObject<HTMLInputElement | null>;
  onImport: () => void;
  onProblem: (problem: Problem | null) => void;
}

function newScenario(): void {
  const doc = docOf(blankScenario(), { inFile: false });
  openDocs([{ ...doc, saved: doc.draft }]);
}

export function Tools({ picker, onImport, onProblem }: ToolsProps) {
  const doc = useDoc();
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => setPlace(document.getElementById("view-tools")), []);
  const own = useRef<HTMLInputElement>(null);
  const input = picker ?? own;
  if (!place) return null;
  const title = titleOf(doc);
  const close = () => {
    const back = closeDoc();
    showToast({ text: `${title} closed.`, action: { text: "Undo", run: back } });
  };
  return createPortal(
    <>
      <IconButton
        icon={Undo2}
        label="Undo"
        title="Undo. Ctrl+Z"
        reason={doc.past.length === 0 ? "Nothing was changed." : null}
        onClick={() => undoEdit()}
      />
      <IconButton
        icon={Redo2}
        label="Redo"
        title="Redo. Ctrl+Shift+Z"
        reason={doc.future.length === 0 ? "Nothing was undone." : null}
        onClick={() => redoEdit()}
      />
      <MenuButton
        label="New and open"
        title="New, open, import"
        className="iconbtn iconbtn-text"
        items={[
          { id: "new", text: "New scenario", icon: FilePlus2, onSelect: newScenario },
          {
            id: "open",
            text: "Open scenario file",
            icon: FolderOpen,
            onSelect: () => input.current?.click(),
          },
          { id: "import", text: "Requests from HAR or access log", onSelect: onImport },
          {
            id: "duplicate",
            text: "Duplicate this scenario",
            separated: true,
            onSelect: duplicateDoc,
          },
          { id: "close", text: "Close this scenario", onSelect: close },
        ]}
      >
        <Icon icon={FolderOpen} />
        Open
      </MenuButton>
      <IconButton
        icon={Save}
        label="Save scenario"
        text="Save scenario"
        title="Save scenario and policies as a file. Ctrl+S"
        onClick={() => void saveScenario()}
      />
      <MenuButton
        label="Export"
        className="iconbtn iconbtn-text"
        items={[
          { id: "file", text: "Scenario file", onSelect: () => void saveScenario() },
          { id: "test", text: "Django TestCase", onSelect: () => void saveTest() },
        ]}
      >
        <Icon icon={Download} />
        Export
      </MenuButton>
      <input
        ref={input}
        type="file"
        accept=".json,.ndjson,.jsonl,application/json"
        hidden
        aria-label="Scenario file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) void openScenarioFile(file).then(onProblem);
        }}
      />
    </>,
    place,
  );
}
