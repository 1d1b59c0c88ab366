/** The editor under a line of the tree: key, type and value, applied with Enter, left with Esc. */
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { PathStep, TreeChange } from "../../../shared/edit.ts";
import type { Problem } from "../../../shared/problem.ts";
import type { SessionRow } from "../../../shared/session.ts";
import { problemOf } from "../../client.ts";
import { Button } from "../../ui/Button.tsx";
import { Input, Select } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { visible } from "../../ui/Text.tsx";
import { isLeafType, literalFrom, typedText, typesFor } from "./literal.ts";
import { preview, type TreeLine } from "./tree.ts";

export interface EditRowProps {
  /** The line that is changed; null: a value is added under `parent`. */
  line: TreeLine | null;
  /** Where a new value goes, and whether it has a key there. */
  parent: { path: PathStep[]; keyed: boolean; depth: number } | null;
  serializer: SessionRow["serializer"];
  onChange: (change: TreeChange) => Promise<void>;
  onClose: () => void;
}

export function EditRow({ line, parent, serializer, onChange, onClose }: EditRowProps) {
  const node = line?.node;
  const last = line?.path?.at(-1);
  const oldKey = last && "key" in last ? last.key : null;
  const keyIsText = oldKey === null || oldKey.startsWith('"');
  const [key, setKey] = useState(line && oldKey !== null ? (keyIsText ? line.label : oldKey) : "");
  const [type, setType] = useState(node?.type ?? "str");
  const [typed, setTyped] = useState(node && isLeafType(node.type) ? typedText(node) : "");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const types = typesFor(serializer);
  const keyed = line ? oldKey !== null : (parent?.keyed ?? false);
  useEffect(() => {
    const first = keyed && !line ? null : form.current?.querySelector<HTMLElement>("[data-first]");
    const field = first ?? form.current?.querySelector<HTMLElement>("input, button");
    field?.focus();
    if (field instanceof HTMLInputElement) field.select();
  }, [keyed, line]);

  const keyLiteral = (): string => (keyIsText ? JSON.stringify(key) : key);
  const changes = (): TreeChange[] => {
    if (!line || !node) {
      const literal = literalFrom(type, typed);
      const path = parent?.path ?? [];
      return [{ op: "insert", path, literal, ...(keyed ? { key: keyLiteral() } : {}) }];
    }
    const path = line.path ?? [];
    const list: TreeChange[] = [];
    const untouched = type === node.type && (!isLeafType(type) || typed === typedText(node));
    if (!untouched) list.push({ op: "set", path, literal: literalFrom(type, typed) });
    if (keyed && keyLiteral() !== oldKey) list.push({ op: "rename", path, key: keyLiteral() });
    return list;
  };
  const apply = async (make: () => TreeChange[]) => {
    setBusy(true);
    try {
      for (const change of make()) await onChange(change);
      onClose();
    } catch (error) {
      // What was typed does not read as its type: said here, before the host is asked.
      const own = error instanceof Error && error.constructor === Error;
      setProblem(own ? { code: "bad_json", message: error.message } : problemOf(error));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) void apply(changes);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onClose();
    }
    // Ctrl and Alt belong to the inspector; everything else is typing.
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  };

  // A datetime whose zone is an object of its own would lose it here.
  const opaque = !node
    ? null
    : node.type === "object"
      ? "An object of a class is kept as it is: it can be renamed or removed."
      : node.className !== undefined || node.cut !== undefined
        ? "This value is shown in part here. It can be changed under JSON."
        : null;
  const known = node === undefined || types.includes(node.type);
  return (
    <form
      ref={form}
      className="editrow"
      aria-label={line ? `Edit ${visible(line.label)}` : "Add a value"}
      onSubmit={submit}
      onKeyDown={keys}
    >
      {keyed && (
        <>
          <span className="lab">key</span>
          <Input aria-label="Key" value={key} onChange={(event) => setKey(event.target.value)} />
        </>
      )}
      {opaque ? (
        <p className="help wide">{opaque}</p>
      ) : (
        <>
          <Select
            aria-label="Type"
            value={type}
            onChange={(event) => setType(event.target.value)}
            {...(isLeafType(type) ? {} : { "data-first": true })}
          >
            {!known && <option value={node?.type}>{node?.type}</option>}
            {types.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
          {node && type === node.type && !isLeafType(type) && type !== "None" ? (
            <span className="help">{plural(node.size, "value")}, changed in their own lines</span>
          ) : (
            <ValueField type={type} value={typed} onChange={setTyped} />
          )}
        </>
      )}
      <p className="help wide" role="status">
        {problem ? (
          <span className="bad">
            {visible([problem.message, problem.hint].filter(Boolean).join(" "))}
          </span>
        ) : node ? (
          `was ${visible(node.type === "None" ? "None" : preview(node, 60))}, ${node.type}`
        ) : (
          hints[type]
        )}
      </p>
      <div className="btns wide">
        {line && (
          <Button
            variant="danger-quiet"
            disabled={busy}
            onClick={() => void apply(() => [{ op: "delete", path: line.path ?? [] }])}
          >
            Remove
          </Button>
        )}
        <span className="grow" />
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={busy}>
          {line ? "Apply" : "Add"}
        </Button>
      </div>
    </form>
  );
}

const hints: Record<string, string> = {
  float: "With its point: 1.5, or nan, inf, -inf",
  bytes: "As base64",
  datetime: "2026-11-20T12:30:00+00:00",
  date: "2026-11-20",
  time: "12:30:00",
  timedelta: "Seconds",
  complex: "As Python writes it: (1+2j)",
};

function ValueField({
  type,
  value,
  onChange,
}: {
  type: string;
  value: string;
  onChange: (value: string) => void;
}) {
  if (type === "bool") {
    return (
      <Select
        aria-label="Value"
        data-first
        value={/^true$/i.test(value) ? "True" : "False"}
        onChange={(event) => onChange(event.target.value)}
      >
        <option>True</option>
        <option>False</option>
      </Select>
    );
  }
  if (!isLeafType(type)) {
    return (
      <span className="help">
        {type === "None" ? "None has no value" : "Starts empty; values are added to it"}
      </span>
    );
  }
  return (
    <Input
      aria-label="Value"
      data-first
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
