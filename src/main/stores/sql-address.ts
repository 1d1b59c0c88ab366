/**
 * Where a SQL server is and how it is spoken to: the options that all of them share, and reading them from a URL.
 *
 *     postgresql://app@db.example.org/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem&table=django_session
 *     mysql://app@db.example.org:3307/shop?ssl-mode=VERIFY_IDENTITY&ssl-ca=/etc/ca.pem
 *
 * A password is an option like the others (marked `x-secret`), or named by an environment variable.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { type ProblemError, problem } from "../problem.ts";
import type { Dialled } from "./driver.ts";

const advanced = { "x-advanced": true };

export const tlsModes = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof tlsModes)[number];

const text = (title: string, description: string, more: Record<string, unknown> = {}) =>
  z
    .string()
    .default("")
    .meta({ title, description, ...more });

/** The options of a server by its usual port and passwords' variable. */
export const addressOptions = (port: number) => ({
  host: z.string().min(1).default("localhost").meta({
    title: "Host",
    description: "A name, an address, or the path of a unix socket.",
  }),
  port: z.number().int().min(1).max(65_535).default(port).meta({ title: "Port" }),
  database: z.string().min(1).meta({ title: "Database", description: "NAME in DATABASES." }),
  user: text("User", "Empty: the name of the system's user."),
  password: text("Password", "Kept in memory only.", { format: "password", "x-secret": true }),
  passwordEnv: text(
    "Password from a variable",
    "Name of an environment variable to read the password from.",
    advanced,
  ),
  table: z.string().min(1).default("django_session").meta({
    title: "Session table",
    description: "The table of the session model.",
  }),
  tls: z.enum(tlsModes).default("prefer").meta({
    title: "TLS",
    description:
      "prefer: where the server has it. require: always. verify-ca: with a certificate of a trusted CA. verify-full: for this host as well.",
  }),
  tlsCa: text("CA certificate", "PEM file. Empty: the CAs this system trusts.", {
    format: "path",
    ...advanced,
  }),
  tlsCert: text("Client certificate", "PEM file.", { format: "path", ...advanced }),
  tlsKey: text("Client key", "PEM file.", { format: "path", ...advanced }),
  tlsName: text("Name on the certificate", "For verify-full. Empty: the host.", advanced),
  usersTable: z
    .string()
    .default("auth_user")
    .meta({
      title: "Users table",
      description: "Names of users are read from it. Empty: no names.",
      ...advanced,
    }),
  userNameColumn: text(
    "User name column",
    "Empty: username, else email, else the first text column.",
    advanced,
  ),
  connectTimeout: z
    .number()
    .min(1)
    .max(600)
    .default(10)
    .meta({ title: "Connect timeout", description: "In seconds.", ...advanced }),
  statementTimeout: z
    .number()
    .min(1)
    .max(3600)
    .default(30)
    .meta({
      title: "Statement timeout",
      description: "Longest a single statement may take, in seconds.",
      ...advanced,
    }),
});

export interface Address {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  passwordEnv: string;
  table: string;
  tls: TlsMode;
  tlsCa: string;
  tlsCert: string;
  tlsKey: string;
  tlsName: string;
  usersTable: string;
  userNameColumn: string;
  connectTimeout: number;
  statementTimeout: number;
}

/** Names of a URL's parameters, as libpq, MySQL's clients and Django's OPTIONS write them. */
const NAMES: Record<string, string> = {
  sslmode: "tls",
  sslrootcert: "tlsCa",
  sslca: "tlsCa",
  sslcert: "tlsCert",
  sslkey: "tlsKey",
  tlsname: "tlsName",
  host: "host",
  socket: "host",
  unixsocket: "host",
  user: "user",
  passwordenv: "passwordEnv",
  connecttimeout: "connectTimeout",
  statementtimeout: "statementTimeout",
  table: "table",
  schema: "schema",
  currentschema: "schema",
  searchpath: "schema",
  userstable: "usersTable",
  usernamecolumn: "userNameColumn",
};

/** ssl=true and the like. */
const SWITCHES: Record<string, TlsMode> = {
  ...{ "1": "require", true: "require", yes: "require", on: "require" },
  ...{ "0": "disable", false: "disable", no: "disable", off: "disable" },
};

const MODES: Record<string, TlsMode> = {
  disabled: "disable",
  allow: "prefer",
  preferred: "prefer",
  required: "require",
  "verify-identity": "verify-full",
};

/** Options as a URL gives them; what a site says besides is passed over. bad_request for anything unknown about TLS. */
export function fromUrl(url: URL): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  const put = (name: string, value: string) => {
    if (value !== "") found[name] = value;
  };
  put("host", decoded(url.hostname).replace(/^\[(.*)\]$/, "$1"));
  put("user", decoded(url.username));
  put("password", decoded(url.password));
  put("database", decoded(url.pathname.slice(1)));
  if (url.port) found["port"] = Number(url.port);
  for (const [key, value] of url.searchParams) {
    const name = NAMES[key.toLowerCase().replaceAll(/[-_]/g, "")];
    if (name !== undefined) put(name, value);
    else if (/^(ssl|tls)$/i.test(key)) put("tls", SWITCHES[value.toLowerCase()] ?? value);
    else if (/^(ssl|tls)/i.test(key))
      throw problem(
        "bad_request",
        `${key} of the URL is not known, and what concerns TLS is not passed over.`,
        "Known: sslmode, sslrootcert, sslcert, sslkey, tlsName.",
      );
  }
  const { tls, connectTimeout, statementTimeout } = found;
  if (typeof tls === "string") found["tls"] = modeOf(tls);
  for (const [name, value] of Object.entries({ connectTimeout, statementTimeout }))
    if (value !== undefined) found[name] = Number(value);
  return found;
}

function modeOf(text: string): TlsMode {
  const name = text.toLowerCase().replaceAll("_", "-");
  const mode = tlsModes.find((one) => one === name) ?? MODES[name];
  if (mode) return mode;
  throw problem(
    "bad_request",
    `There is no TLS mode ${JSON.stringify(text)}.`,
    `Known: ${tlsModes.join(", ")}.`,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** undefined: none was given, and the client looks where it always does. */
export function passwordOf({ password, passwordEnv }: Address): string | undefined {
  if (password) return password;
  return passwordEnv ? process.env[passwordEnv] : undefined;
}

export interface TlsSettings {
  /** Checks that the certificate was signed by a CA that is trusted. */
  rejectUnauthorized: boolean;
  verifyIdentity: boolean;
  ca?: string;
  cert?: string;
  key?: string;
}

/**
 * null: no TLS. As with libpq, a CA that is named is asked for with `require` as well. cannot_open for files that cannot
 * be read.
 */
export function tlsOf({ tls, tlsCa, tlsCert, tlsKey, host }: Address): TlsSettings | null {
  if (tls === "disable" || host.startsWith("/")) return null;
  return {
    rejectUnauthorized: tls.startsWith("verify") || (tls === "require" && tlsCa !== ""),
    verifyIdentity: tls === "verify-full",
    ...(tlsCa && { ca: pem(tlsCa) }),
    ...(tlsCert && { cert: pem(tlsCert) }),
    ...(tlsKey && { key: pem(tlsKey) }),
  };
}

function pem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown): ProblemError => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return problem("cannot_open", `The certificate file ${path} cannot be read (${code}).`, "", {
    step: "TLS",
    path,
  });
};

/** The name a certificate has to be for. */
export const certificateName = ({ host, tlsName }: Address): string => tlsName || host;

type Place = Pick<Address, "host" | "port" | "database" | "table">;

export const serversOf = ({ host, port }: Place): Dialled[] =>
  host.startsWith("/") ? [{ path: host }] : [{ host, port }];

/** Names a place without a user: the same rows, whoever reads them. */
export const identityOf = (kind: string, { host, port, database, table }: Place, schema = "") =>
  `${kind}://${host.toLowerCase()}${host.startsWith("/") ? "" : `:${port}`}/${database}#${schema ? `${schema}.` : ""}${table}`;

export const suggestedName = ({ host, database, table }: Place): string =>
  `${database}${/^(localhost|127\.0\.0\.1|::1|\/.*)$/.test(host) ? "" : ` on ${host}`}${table === "django_session" ? "" : `, ${table}`}`;
