/** The top of the form for a server: its URL, what the URL says, the kinds there are, and the same as fields. */
import { useState } from "react";
import type { DriverInfo } from "../../../shared/connection.ts";
import { client } from "../../client.ts";
import { useDrivers } from "../../state/stores.ts";
import { Field } from "../../ui/Field.tsx";
import { Disclosure } from "./Disclosure.tsx";
import { blankDraft, type Draft } from "./draft.ts";
import { OptionFields, type OptionFieldsProps } from "./OptionFields.tsx";
import { optionFields } from "./schema.ts";
import { UrlFacts, UrlField } from "./UrlField.tsx";
import { partsOf, urlOf, urlOptions } from "./url.ts";

/** One chip a kind, and those that are reached in another way: over TLS, a cluster. */
const chipsOf = (driver: DriverInfo): string[] =>
  driver.schemes.filter(
    (scheme, at) => at === 0 || scheme === "rediss" || scheme === "redis+cluster",
  );

export interface ServerFieldsProps {
  driver: DriverInfo;
  draft: Draft;
  named: Omit<OptionFieldsProps, "fields" | "onChange" | "onPath">;
  onChange: (change: Partial<Draft>) => void;
  /** Another kind of store. */
  onSwitch: (draft: Draft) => void;
  setOption: (name: string, value: unknown) => void;
  onPath: (path: string) => void;
  onReading: (reading: Promise<boolean>) => void;
}

export function ServerFields(props: ServerFieldsProps) {
  const { driver, draft, named, onChange, onSwitch, setOption, onPath, onReading } = props;
  const drivers = useDrivers() ?? [];
  const [wrong, setWrong] = useState<string | null>(null);
  const [open, setOpen] = useState<boolean | null>(null);
  /** Counts what clears the URL field. */
  const [round, setRound] = useState(0);
  const fields = optionFields(driver);
  const inUrl = fields.filter(
    (field) => urlOptions.includes(field.name) || field.name === "passwordEnv",
  );
  const others = fields.filter(
    (field) => !field.advanced && !inUrl.includes(field) && field.name !== "tls",
  );
  const held = draft.held?.names.includes("password") === true;
  const hasPassword = held || Boolean(draft.options.password);
  const parts = partsOf(urlOf(driver, draft.options, hasPassword));
  const tls = fields.find((field) => field.name === "tls");
  const fieldsBad = inUrl.some((field) => named.problemAt(`option:${field.name}`));
  const switchTo = (next: DriverInfo, options: Record<string, unknown>) => {
    if (next.name === driver.name) onChange({ options });
    else
      onSwitch({
        ...blankDraft(next),
        name: draft.name,
        named: draft.named,
        group: draft.group,
        environment: draft.environment,
        options,
      });
  };
  /** From now on the options are what counts, whatever the URL field holds. */
  const withoutText = () => {
    setWrong(null);
    onReading(Promise.resolve(true));
  };
  const setField = (name: string, value: unknown) => {
    withoutText();
    setOption(name, value);
  };
  const pick = async (kind: DriverInfo, scheme: string) => {
    const { mode, tls } = (await client.drivers.fromUrl({ url: `${scheme}://` })).options;
    const way = { ...(mode !== undefined && { mode }), ...(tls !== undefined && { tls }) };
    const shared =
      kind.name === driver.name ? { ...draft.options, mode: undefined, tls: undefined } : {};
    withoutText();
    setRound(round + 1);
    switchTo(kind, { ...shared, ...way });
  };
  const isCurrent = (kind: DriverInfo, scheme: string) =>
    kind.name === driver.name && (parts ? parts.scheme === scheme : scheme === kind.schemes[0]);
  return (
    <>
      <Field
        className="row"
        label="URL"
        aside="paste DATABASE_URL or CACHE_URL as it is"
        problem={wrong === null ? null : { message: wrong }}
      >
        <UrlField
          key={round}
          driver={driver}
          drivers={drivers}
          options={draft.options}
          held={held}
          onChange={switchTo}
          onProblem={setWrong}
          onReading={onReading}
        />
      </Field>
      <UrlFacts
        parts={parts}
        driver={driver}
        tls={tls ? String(draft.options.tls ?? tls.fallback) : ""}
      />
      <fieldset className="also" aria-label="Kind of store">
        <span>{parts ? "Also:" : "Kinds:"}</span>
        {drivers.flatMap((kind) =>
          chipsOf(kind).map((scheme) => (
            <button
              key={`${kind.name} ${scheme}`}
              type="button"
              title={kind.title}
              aria-label={`${scheme}://, ${kind.title}`}
              aria-pressed={isCurrent(kind, scheme)}
              onClick={() => void pick(kind, scheme)}
            >
              {scheme}://
            </button>
          )),
        )}
      </fieldset>
      {inUrl.length > 0 && (
        <Disclosure
          title="Fields"
          summary={inUrl.map((field) => field.title.toLowerCase()).join(", ")}
          open={open ?? fieldsBad}
          onOpen={setOpen}
        >
          <OptionFields {...named} fields={inUrl} onChange={setField} onPath={() => {}} />
        </Disclosure>
      )}
      <OptionFields {...named} fields={others} onChange={setOption} onPath={onPath} />
    </>
  );
}
