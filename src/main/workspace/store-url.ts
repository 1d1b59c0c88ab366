/** A store's URL as a form takes it: the driver and its options, what is secret apart, and what no option stands for. */
import { problem } from "../problem.ts";
import { driverForUrl } from "../stores/list.ts";
import { withoutSecrets } from "./secret-options.ts";

export interface ReadUrl {
  driver: string;
  /** Only what the URL says; a default is left out. */
  options: Record<string, unknown>;
  secrets: Record<string, string>;
  /** Parameters that change nothing. */
  unused: string[];
  /** The URL without parameters that are secret. */
  shown: string;
}

/** bad_request for what is no URL, of no known scheme, or holds what the driver does not take. */
export function readUrl(text: string): ReadUrl {
  const found = driverForUrl(text.trim());
  if (!found)
    throw problem("bad_request", "This is no URL.", "It begins with a scheme: postgresql://");
  const { driver } = found;
  const { connection, options: secrets } = withoutSecrets({
    driver: driver.name,
    options: found.options as Record<string, unknown>,
  });
  const { unused, shown } = parametersOf(text.trim(), Object.values(secrets));
  return { driver: driver.name, options: connection.options, secrets, unused, shown };
}

/** A parameter counts where the options are others without it. */
function parametersOf(text: string, secrets: string[]) {
  const at = text.indexOf("?");
  if (at < 0) return { unused: [], shown: text };
  const parameters = text.slice(at + 1).split("&");
  const whole = JSON.stringify(driverForUrl(text)?.options);
  const without = (one: string) =>
    `${text.slice(0, at)}?${parameters.filter((other) => other !== one).join("&")}`;
  const nameOf = (one: string) => one.split("=", 1)[0] ?? "";
  const given = (one: string) => [...new URLSearchParams(one).values()][0] ?? "";
  const unused = parameters
    .filter((one) => one !== "" && JSON.stringify(driverForUrl(without(one))?.options) === whole)
    .map(nameOf);
  const open = parameters.filter((one) => !secrets.includes(given(one)));
  const query = open.join("&");
  return { unused, shown: `${text.slice(0, at)}${query && `?${query}`}` };
}
