/** The kinds of stores there are, as the connect screen needs to know them. */
import { z } from "zod";
import type { DriverInfo } from "../../shared/connection.ts";
import { drivers } from "../stores/list.ts";

export const driverInfos = (): DriverInfo[] =>
  drivers.map(({ name, title, summary, kind, options, schemes }) => ({
    name,
    title,
    summary,
    kind,
    options: z.toJSONSchema(options, { io: "input" }),
    schemes: [...schemes],
  }));
