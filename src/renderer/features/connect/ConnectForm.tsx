/** The form of one connection: its driver's options, name, environment, keys, settings; test, save, connect. */
import { Lock, Plug } from "lucide-react";
import { type FormEvent, useLayoutEffect, useRef, useState } from "react";
import type { Connection, DriverInfo } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import { askHostKey, putStore, reloadConnections, show, useDrivers } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { Field, Input } from "../../ui/Field.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { showToast } from "../../ui/toasts.ts";
import { CacheFields, cacheSummary } from "./CacheFields.tsx";
import { ColourPick } from "./ColourPick.tsx";
import { Disclosure } from "./Disclosure.tsx";
import { blankDraft, connectionOf, type Draft, missingIn, placeOf, secretsOf } from "./draft.ts";
import { EnvironmentPick } from "./EnvironmentPick.tsx";
import { KeyFields } from "./KeyFields.tsx";
import { OptionFields } from "./OptionFields.tsx";
import { Remember } from "./Remember.tsx";
import type { TestState } from "./ResultPanel.tsx";
import { ServerFields } from "./ServerFields.tsx";
import { SiteSettings } from "./SiteSettings.tsx";
import { isServer, type OptionField, optionFields } from "./schema.ts";
import { suggestedName } from "./suggest-name.ts";
import { TunnelFields, tunnelSummary } from "./TunnelFields.tsx";

export interface ConnectFormProps {
  driver: DriverInfo;
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  /** Taken unless a name was typed, also meanwhile. */
  onSuggestName: (name: string) => void;
  /** Begins anew with another driver. */
  onSwitch: (draft: Draft) => void;
  test: TestState;
  onTest: (test: TestState) => void;
}

interface Found {
  driver: DriverInfo;
  options: Record<string, unknown>;
  name: string;
}

const isTls = (field: OptionField | undefined): boolean => /^tls/.test(field?.name ?? "");

/** After the page has drawn it. */
function pointAtProblem(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(".cform [aria-invalid=true]")?.focus(),
  );
}

export function ConnectForm(props: ConnectFormProps) {
  const { driver, draft, onChange, onSuggestName, onSwitch, test, onTest } = props;
  const fields = optionFields(driver);
  const drivers = useDrivers() ?? [];
  const cache = drivers.find((one) => one.name === draft.cachedBy?.driver);
  const both = { store: fields, cache: cache ? optionFields(cache) : [] };
  const groups = useApp((state) => state.connections)?.map((entry) => entry.connection.group) ?? [];
  const open = useApp((state) => state.stores[draft.id]);
  const [at, setAt] = useState<[string | null, Problem] | null>(null);
  const [advanced, setAdvanced] = useState(false);
  const [tlsOpen, setTlsOpen] = useState(false);
  const [cacheOpen, setCacheOpen] = useState(draft.cachedBy !== null);
  const [tunnelOpen, setTunnelOpen] = useState(draft.tunnel !== null);
  const [busy, setBusy] = useState(false);
  const [other, setOther] = useState<Found | null>(null);
  /** Of the URL that was typed last. */
  const reading = useRef<Promise<boolean>>(Promise.resolve(true));
  const nameField = useRef<HTMLInputElement>(null);
  // A suggestion that comes while the name is about to be typed is replaced by what is typed.
  useLayoutEffect(() => {
    const field = nameField.current;
    if (field && !draft.named && field.value === draft.name && document.activeElement === field)
      field.select();
  }, [draft.name, draft.named]);
  const problemAt = (place: string) => (at?.[0] === place ? at[1] : null);

  const change = (next: Partial<Draft>) => {
    onChange(next);
    setAt(null);
  };
  const fail = (problem: Problem) => {
    const place = placeOf(problem, fields);
    if (place === "tunnel") setTunnelOpen(true);
    if (isTls(fields.find((field) => place === `option:${field.name}`))) setTlsOpen(true);
    const hidden = fields.some((field) => field.advanced && place === `option:${field.name}`);
    if (hidden || place?.startsWith("setting:")) setAdvanced(true);
    setAt([place, problem]);
  };
  /** What lies at the path names the connection, or belongs to another driver. */
  const look = async (path: string) => {
    if (!path) return;
    try {
      const found = await client.files.detect({ path });
      const kind = drivers.find((entry) => entry.name === found.driver);
      if (!kind) return;
      setOther(kind.name === driver.name ? null : { ...found, driver: kind });
      if (kind.name === driver.name) onSuggestName(found.name);
    } catch (error) {
      fail(problemOf(error));
    }
  };
  /** Runs one of the three actions; the draft has to be complete first. */
  const act = async (action: (connection: Connection) => Promise<void>) => {
    const missing = missingIn(draft, fields);
    if (missing) {
      setAt(missing);
      pointAtProblem();
      return;
    }
    setBusy(true);
    setAt(null);
    try {
      const name = draft.name.trim() || (await suggestedName(draft, fields, driver));
      onSuggestName(name);
      await action(connectionOf({ ...draft, name }, both));
    } catch (error) {
      const problem = problemOf(error);
      fail(problem);
      if (askHostKey(problem, () => void act(action))) return setBusy(false);
    }
    setBusy(false);
    pointAtProblem();
  };
  const runTest = (): Promise<void> =>
    act(async (connection) => {
      onTest({ state: "running" });
      try {
        const result = await client.connections.test({
          connection,
          secrets: secretsOf(draft, both) ?? {},
        });
        onTest({ state: "done", result });
        const failed = result.steps.find((step) => step.problem)?.problem;
        if (failed) fail(failed);
        if (failed) askHostKey(failed, () => void runTest());
      } catch (error) {
        onTest({ state: "failed", problem: problemOf(error) });
      }
    });
  const keep = (connection: Connection) => {
    const secrets = secretsOf(draft, both);
    const { remember } = draft;
    return client.connections.save({ connection, ...(secrets ? { secrets, remember } : {}) });
  };
  const forget = () =>
    act(async (connection) => {
      await client.connections.save({ connection, forget: true });
      await reloadConnections();
      showToast({ text: `Secrets of ${connection.name} are forgotten.` });
    });
  const save = () =>
    act(async (connection) => {
      const saved = await keep(connection);
      await reloadConnections();
      onChange({ id: saved.id, saved, named: true });
      showToast({ text: `${saved.name} saved.` });
    });
  const connect = () =>
    act(async (connection) => {
      const saved = await keep(connection);
      try {
        const secrets = secretsOf(draft, both);
        putStore(
          await client.connections.open({ connection: saved.id, ...(secrets ? { secrets } : {}) }),
        );
      } catch (error) {
        // What could not be opened once was not asked to be kept.
        if (!draft.id) await client.connections.remove({ connection: saved.id });
        throw error;
      }
      await reloadConnections();
      show(saved.id);
    });

  // What is typed last counts, also where the host reads it only now.
  const actions = useRef({ runTest, save, connect });
  actions.current = { runTest, save, connect };
  const whenRead = async (action: keyof typeof actions.current) => {
    // A URL that cannot be read says what is wrong with it; the options are still those of the one before.
    if (!(await reading.current)) return;
    await actions.current[action]();
  };

  const server = isServer(driver);
  const heading = draft.id ? "Edit connection" : server ? "Connect to a server" : driver.title;
  const plain = fields.filter((field) => !field.advanced);
  const tls = server ? fields.filter(isTls) : [];
  const rest = fields.filter(
    (field) => field.advanced && !tls.includes(field) && !(server && field.name === "passwordEnv"),
  );
  const tlsMode = draft.options.tls ?? tls.find((field) => field.name === "tls")?.fallback;
  const sampled = test.state === "done" ? test.result.sampled : null;
  const named = {
    values: draft.options,
    problemAt,
    foldersOnly: driver.kind === "file",
    held: draft.held?.names ?? [],
  };
  const setOption = (name: string, value: unknown) => {
    setOther(null);
    change({ options: { ...draft.options, [name]: value } });
  };
  const summary = [
    ...rest
      .map((field) => [field.title.toLowerCase(), draft.options[field.name] ?? field.fallback])
      .filter(([, value]) => value !== "")
      .map(([title, value]) => `${title} ${value}`),
    `cookie ${draft.settings.SESSION_COOKIE_NAME || "sessionid"}`,
  ].join(", ");
  return (
    <main className="cform">
      <form
        aria-label={heading}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void whenRead("connect");
        }}
        data-region="form"
      >
        <div className="cform-body">
          <h2>{heading}</h2>
          {server ? (
            <ServerFields
              driver={driver}
              draft={draft}
              named={named}
              onChange={change}
              onSwitch={onSwitch}
              setOption={setOption}
              onPath={(path) => void look(path)}
              onReading={(next) => {
                reading.current = next;
              }}
            />
          ) : (
            <OptionFields
              {...named}
              fields={plain}
              onChange={setOption}
              onPath={(path) => void look(path)}
              autoFocus={!draft.id}
            />
          )}
          {other && (
            <div className="row">
              <Notice
                action={
                  <Button
                    onClick={() =>
                      onSwitch({
                        ...blankDraft(other.driver),
                        options: other.options,
                        name: other.name,
                      })
                    }
                  >
                    Use {other.driver.title}
                  </Button>
                }
              >
                This path is of another kind: {other.driver.title}.
              </Notice>
            </div>
          )}
          <div className="cols">
            <Field className="row" label="Name" problem={problemAt("name")}>
              <Input
                ref={nameField}
                value={draft.name}
                maxLength={80}
                onChange={(event) => change({ name: event.target.value, named: true })}
              />
            </Field>
            <Field className="row" label="Group" aside="optional">
              <Input
                value={draft.group}
                maxLength={80}
                list="connection-groups"
                onChange={(event) => change({ group: event.target.value })}
              />
            </Field>
            <datalist id="connection-groups">
              {[...new Set(groups)].filter(Boolean).map((group) => (
                <option key={group} value={group} />
              ))}
            </datalist>
          </div>
          <EnvironmentPick
            value={draft.environment}
            onChange={(environment) => change({ environment })}
          />
          <ColourPick value={draft.colour} onChange={(colour) => change({ colour })} />
          <div className="row">
            <div className="access">
              <Icon icon={Lock} />
              <span>
                Opens read-only
                <span className="help">
                  Unlocking writes is a separate step and ends by itself after 15 minutes.
                </span>
              </span>
            </div>
          </div>
          <KeyFields
            draft={draft}
            onChange={change}
            sampled={sampled}
            known={open ? open.keys : null}
          />
          <Remember draft={draft} onChange={change} onForget={() => void forget()} />
          {tls.length > 0 && (
            <Disclosure title="TLS" summary={String(tlsMode)} open={tlsOpen} onOpen={setTlsOpen}>
              <OptionFields {...named} fields={tls} onChange={setOption} onPath={() => {}} />
            </Disclosure>
          )}
          {driver.kind === "db" && (
            <Disclosure
              title="Cache"
              summary={cacheSummary(drivers, draft)}
              open={cacheOpen}
              onOpen={setCacheOpen}
            >
              <CacheFields drivers={drivers} draft={draft} onChange={change} />
            </Disclosure>
          )}
          {server && (
            <Disclosure
              title="SSH tunnel"
              summary={tunnelSummary(draft.tunnel)}
              open={tunnelOpen}
              onOpen={setTunnelOpen}
            >
              <TunnelFields draft={draft} onChange={change} problem={problemAt("tunnel")} />
            </Disclosure>
          )}
          <Disclosure title="Advanced" summary={summary} open={advanced} onOpen={setAdvanced}>
            <OptionFields {...named} fields={rest} onChange={setOption} onPath={() => {}} />
            <div className="cols">
              <Field
                className="row"
                label="SECRET_KEY from the environment"
                hint="Name of a variable of the host, read when the connection opens; with _FALLBACKS appended, a JSON array of fallbacks."
              >
                <Input
                  mono
                  placeholder="DJANGO_SECRET_KEY"
                  value={draft.secretKeyEnv}
                  onChange={(event) => change({ secretKeyEnv: event.target.value })}
                />
              </Field>
              <Field
                className="row"
                label="SessionStore class"
                hint="Part of the salt; differs where the site subclasses SessionStore."
              >
                <Input
                  mono
                  placeholder="SessionStore"
                  value={draft.storeClass}
                  onChange={(event) => change({ storeClass: event.target.value })}
                />
              </Field>
            </div>
            <SiteSettings
              settings={draft.settings}
              onChange={(settings) => change({ settings })}
              problemAt={problemAt}
            />
          </Disclosure>
        </div>
        {at && at[0] === null && (
          <div className="cform-problem">
            <ProblemNotice problem={at[1]} />
          </div>
        )}
        <div className="cform-foot">
          <Button large icon={Plug} onClick={() => void whenRead("runTest")} disabled={busy}>
            Test connection
          </Button>
          <span className="grow" />
          <Button large onClick={() => void whenRead("save")} disabled={busy}>
            Save only
          </Button>
          <Button large type="submit" variant="primary" disabled={busy}>
            Connect read-only
          </Button>
        </div>
      </form>
    </main>
  );
}
