/** cached_db: the cache in front of the table, its kind and its options. */
import { useState } from "react";
import { cachePrefix, type DriverInfo } from "../../../shared/connection.ts";
import { Field, Select } from "../../ui/Field.tsx";
import { Disclosure } from "./Disclosure.tsx";
import type { Draft } from "./draft.ts";
import { OptionFields } from "./OptionFields.tsx";
import { optionFields } from "./schema.ts";

/** The engine whose copies the cache holds. */
const engine = "cached_db";

/** Kinds of cache that can hold the copies. */
const cachesOf = (drivers: DriverInfo[]): DriverInfo[] =>
  drivers.filter((driver) =>
    optionFields(driver).some(({ name, choices }) => name === "layout" && choices.includes(engine)),
  );

/** In short, for the fold. */
export const cacheSummary = (drivers: DriverInfo[], { cachedBy }: Draft): string =>
  cachedBy
    ? (drivers.find(({ name }) => name === cachedBy.driver)?.title ?? cachedBy.driver)
    : "none";

export interface CacheFieldsProps {
  drivers: DriverInfo[];
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}

export function CacheFields({ drivers, draft, onChange }: CacheFieldsProps) {
  const [more, setMore] = useState(false);
  const { cachedBy } = draft;
  const driver = drivers.find(({ name }) => name === cachedBy?.driver);
  const fields = driver ? optionFields(driver).filter(({ name }) => name !== "layout") : [];
  const named = {
    values: cachedBy?.options ?? {},
    problemAt: () => null,
    foldersOnly: driver?.kind === "file",
    held: (draft.held?.names ?? [])
      .filter((name) => name.startsWith(cachePrefix))
      .map((name) => name.slice(cachePrefix.length)),
    onPath: () => {},
    onChange: (name: string, value: unknown) =>
      cachedBy &&
      onChange({ cachedBy: { ...cachedBy, options: { ...cachedBy.options, [name]: value } } }),
  };
  const first = fields.filter(({ advanced, name }) => !advanced || name === "password");
  return (
    <>
      <Field
        className="row"
        label="Cache of the cached_db engine"
        hint="Sessions are then shown and changed together with their copies in it."
      >
        <Select
          value={cachedBy?.driver ?? ""}
          onChange={({ target: { value } }) =>
            onChange({ cachedBy: value ? { driver: value, options: { layout: engine } } : null })
          }
        >
          <option value="">none: the engine is db</option>
          {cachesOf(drivers).map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </Select>
      </Field>
      {driver && (
        <fieldset aria-label={`Options of the cache, ${driver.title}`}>
          <OptionFields {...named} fields={first} />
          <Disclosure
            title="More of the cache"
            summary={named.values["passwordEnv"] ? "password from a variable" : ""}
            open={more}
            onOpen={setMore}
          >
            <OptionFields {...named} fields={fields.filter((field) => !first.includes(field))} />
          </Disclosure>
        </fieldset>
      )}
    </>
  );
}
