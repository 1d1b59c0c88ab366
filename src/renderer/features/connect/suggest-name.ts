/** A name for a connection that was given none. */
import type { DriverInfo } from "../../../shared/connection.ts";
import { client } from "../../client.ts";
import type { Draft } from "./draft.ts";
import type { OptionField } from "./schema.ts";

/** For a form sent before a name was typed or suggested: what the path's driver says, else what the server holds. */
export async function suggestedName(
  { options }: Draft,
  fields: OptionField[],
  driver: DriverInfo,
): Promise<string> {
  const path = fields.find((field) => field.kind === "path" && field.required);
  if (path) return (await client.files.detect({ path: String(options[path.name]) })).name;
  const place = options.database ?? options.hosts ?? options.host ?? driver.title;
  return String(place).slice(0, 80);
}
