/** Requests out of a HAR file or an access log: chosen as a file or pasted, and what did not fit. */
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { count, plural } from "../../ui/format.ts";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { visible } from "../../ui/Text.tsx";
import { docOf, openDocs } from "./document.ts";
import { type Imported, importLog } from "./files.ts";
import "./import.css";

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [imported, setImported] = useState<Imported | null>(null);
  const picker = useRef<HTMLInputElement>(null);

  const read = async (given: string, from: string) => {
    setImported(null);
    setProblem(null);
    const answer = await importLog(given, from);
    if ("problem" in answer) setProblem(answer.problem);
    else setImported(answer.imported);
  };
  const open = () => {
    if (!imported) return void read(text, name);
    openDocs([docOf(imported.scenario, { inFile: false })]);
    onClose();
  };
  return (
    <Dialog
      title="Requests from a HAR file or an access log"
      wide
      onClose={onClose}
      onSubmit={open}
      buttons={
        <>
          <Button large onClick={onClose}>
            Cancel
          </Button>
          <Button
            large
            type="submit"
            variant="primary"
            reason={text.trim() === "" && !imported ? "Nothing was chosen or pasted yet." : null}
          >
            {imported ? `Open ${plural(imported.requests, "request")}` : "Read requests"}
          </Button>
        </>
      }
    >
      <p>
        Each request keeps its time, method, path and status. What the views did is in neither file:
        only a POST to a login or logout page signs in or out, everything else is added afterwards.
        Of a HAR file the first host is taken, of a log the busiest client. Cookies are not read.
      </p>
      <div className="choose">
        <Button icon={FileUp} onClick={() => picker.current?.click()} data-autofocus>
          Choose file
        </Button>
        <span className="dim">{name ? visible(name) : "HAR, common or combined log format"}</span>
        <input
          ref={picker}
          type="file"
          hidden
          aria-label="HAR file or access log"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (!file) return;
            setName(file.name);
            void file.text().then((content) => {
              setText(content.length > 200_000 ? "" : content);
              return read(content, file.name);
            });
          }}
        />
      </div>
      <label className="import-paste">
        Or paste it here
        <textarea
          className="mono"
          rows={7}
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setImported(null);
          }}
        />
      </label>
      {problem && <ProblemNotice problem={problem} />}
      {imported && (
        <Notice live>
          {plural(imported.requests, "request")} read from{" "}
          {imported.kind === "har" ? "a HAR file" : "an access log"}.
          {imported.problemCount > 0 && (
            <>
              {" "}
              {count(imported.problemCount)} left out:
              <ul className="left-out">
                {imported.problems.slice(0, 5).map(({ place, problem: why }) => (
                  <li key={place}>
                    {visible(place)}: {visible(why.message)}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Notice>
      )}
    </Dialog>
  );
}
