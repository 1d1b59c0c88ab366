/** Asks before sessions are extended, expired or deleted: how many, what stays, and on production the name. */
import { useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { ChangeReport } from "../../../shared/edit.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { type SessionChange, select, useApp } from "../../state/app.ts";
import { reportChange } from "../../state/changes.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { Button } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field, Select } from "../../ui/Field.tsx";
import { absolute, duration, plural } from "../../ui/format.ts";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { Text } from "../../ui/Text.tsx";
import { LogoutDialog } from "./LogoutDialog.tsx";
import "./edit.css";

/** The change that was asked for, wherever in the page. */
export function ChangeDialog() {
  const store = useCurrentStore();
  const change = useApp((state) => state.change);
  if (!store || !change) return null;
  const close = () => useApp.setState({ change: null });
  return change.kind === "logout" ? (
    <LogoutDialog store={store} user={change.user} onClose={close} />
  ) : (
    <KeysDialog store={store} change={change} onClose={close} />
  );
}

interface KeysDialogProps {
  store: OpenStore;
  change: Exclude<SessionChange, { kind: "logout" }>;
  onClose: () => void;
}

const words = {
  extend: { verb: "Extend", done: "extended" },
  expire: { verb: "Expire", done: "expired" },
  delete: { verb: "Delete", done: "deleted" },
};

function KeysDialog({ store, change, onClose }: KeysDialogProps) {
  const { kind, keys } = change;
  const { connection, settings } = store;
  const production = connection.environment === "production";
  const [seconds, setSeconds] = useState(settings.SESSION_COOKIE_AGE);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [report, setReport] = useState<ChangeReport | null>(null);
  const [busy, setBusy] = useState(false);
  const what = plural(keys.length, "session");
  const { verb, done } = words[kind];
  const one = keys.length === 1;
  const matches = !production || name === connection.name;
  const run = async () => {
    if (!matches || busy || report) return;
    setBusy(true);
    setProblem(null);
    const input = {
      connection: connection.id,
      keys: [...keys],
      ...(production ? { confirmName: name } : {}),
    };
    try {
      const result =
        kind === "extend"
          ? await client.sessions.extend({ ...input, seconds })
          : kind === "expire"
            ? await client.sessions.expireNow(input)
            : await client.sessions.delete(input);
      reportChange(result, `${plural(result.done, "session")} ${done}.`, connection.id);
      const open = useApp.getState().selectedKey;
      if (kind === "delete" && open !== null && keys.includes(open)) select(null);
      if (result.skippedCount > 0) setReport(result);
      else onClose();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  const title = kind === "expire" ? `Expire ${what} now` : `${verb} ${what}`;
  return (
    <Dialog
      title={
        <>
          {title}
          {production && <EnvBadge environment="production" />}
        </>
      }
      production={production}
      onClose={onClose}
      onSubmit={() => void run()}
      buttons={
        report ? (
          <Button large data-autofocus onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button
              large
              {...(kind === "delete" && !production ? { "data-autofocus": true } : {})}
              onClick={onClose}
            >
              Cancel
            </Button>
            <Button
              large
              type="submit"
              variant={kind === "delete" ? "danger" : "primary"}
              disabled={!matches || busy}
              title={matches ? undefined : "The name typed does not match yet."}
              {...(kind !== "delete" && !production ? { "data-autofocus": true } : {})}
            >
              {title}
            </Button>
          </>
        )
      }
    >
      {report ? (
        <Report report={report} done={done} />
      ) : (
        <>
          <KeyList keys={keys} />
          {kind === "extend" && (
            <Lengths age={settings.SESSION_COOKIE_AGE} value={seconds} onChange={setSeconds} />
          )}
          <p>{staying[kind]}</p>
          {kind !== "extend" && (
            <Notice tone="warning">
              {kind === "delete"
                ? `A request in flight that saves ${one ? "this session" : "one of these sessions"} fails with 400 (SessionInterrupted); its visitor starts with a new, empty session.`
                : `A request in flight that saves ${one ? "this session" : "one of these sessions"} sets its expiry anew: it lives on.`}
            </Notice>
          )}
          {production && (
            <ConfirmByName name={connection.name} value={name} onChange={setName} autoFocus />
          )}
        </>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}

const staying = {
  extend:
    "Only the stored expiry moves. The data stays as it is, and so does the cookie in the browser.",
  expire:
    "The row stays, with its data; Django no longer serves it. It can be put back from the recycle bin.",
  delete: "All other sessions stay. What is deleted can be put back from the recycle bin.",
};

function KeyList({ keys }: { keys: readonly string[] }) {
  return (
    <ul className="keylist" aria-label="Sessions">
      {keys.slice(0, 5).map((key) => (
        <li key={key} className="mono">
          <Text value={key} max={64} />
        </li>
      ))}
      {keys.length > 5 && <li className="dim">and {plural(keys.length - 5, "more session")}</li>}
    </ul>
  );
}

const day = 86_400;

interface LengthsProps {
  age: number;
  value: number;
  onChange: (seconds: number) => void;
}

function Lengths({ age, value, onChange }: LengthsProps) {
  const lengths = [3600, day, 7 * day, 14 * day, 30 * day, 90 * day].filter(
    (seconds) => seconds !== age,
  );
  const [now] = useState(() => Date.now());
  return (
    <Field
      label="From now"
      hint={`Expires then on ${absolute(new Date(now + value * 1000).toISOString())}.`}
    >
      <Select value={value} onChange={(event) => onChange(Number(event.target.value))}>
        <option value={age}>SESSION_COOKIE_AGE, {duration(age * 1000)}</option>
        {lengths.map((seconds) => (
          <option key={seconds} value={seconds}>
            {duration(seconds * 1000)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function Report({ report, done }: { report: ChangeReport; done: string }) {
  return (
    <>
      <p>
        {plural(report.done, "session")} {done}, {plural(report.skippedCount, "session")} left
        alone:
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <ul className="keylist" aria-label="Left alone" tabIndex={0}>
        {report.skipped.map(({ key, reason }) => (
          <li key={key}>
            <code className="mono">
              <Text value={key} max={40} />
            </code>{" "}
            {reason}
          </li>
        ))}
      </ul>
    </>
  );
}
