/** A CA of its own and what it signed, made by openssl: a valid certificate, an expired one, one for another host. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./process.ts";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Paths of PEM files. */
  readonly ca: string;
  /** For localhost and 127.0.0.1. */
  readonly valid: Pair;
  readonly expired: Pair;
  readonly otherHost: Pair;
  /** A client's, for the user `name` it was asked for. */
  readonly client: Pair;
  /** A CA that signed none of them. */
  readonly strangerCa: string;
}

export function makeCertificates(folder: string, user: string): Certificates {
  const openssl = (...args: string[]) => must("openssl", args);
  const ca = (name: string) => {
    const pair = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    openssl(
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
      ...["-subj", `/CN=Test ${name}`, "-keyout", pair.key, "-out", pair.cert],
    );
    return pair;
  };
  const authority = ca("ca");
  const signed = (name: string, subject: string, extensions: string, dates: string[]): Pair => {
    const path = (end: string) => join(folder, `${name}.${end}`);
    openssl(
      ..."req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" "),
      ...["-subj", `/CN=${subject}`, "-keyout", path("key"), "-out", path("csr")],
    );
    writeFileSync(path("ext"), extensions);
    openssl(
      ...["x509", "-req", "-in", path("csr"), "-CA", authority.cert, "-CAkey", authority.key],
      ...["-CAcreateserial", "-extfile", path("ext"), "-out", path("pem"), ...dates],
    );
    chmodSync(path("key"), 0o600);
    return { cert: path("pem"), key: path("key") };
  };
  const here = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  return {
    ca: authority.cert,
    valid: signed("valid", "localhost", here, ["-days", "2"]),
    // Its last day was over before it began: openssl 1.1 and 3.0 have no -not_after here.
    expired: signed("expired", "localhost", here, ["-days", "-1"]),
    otherHost: signed("other", "other.invalid", "subjectAltName=DNS:other.invalid", ["-days", "2"]),
    client: signed("client", user, "extendedKeyUsage=clientAuth", ["-days", "2"]),
    strangerCa: ca("stranger").cert,
  };
}

export const pemOf = (path: string): string => readFileSync(path, "utf8");
