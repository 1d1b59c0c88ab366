/** URLs of SQL servers: what they say of TLS counts, in every spelling, and a slip in it is never passed over. */
import { expect, test } from "vitest";
import { driverForUrl } from "../../src/main/stores/list.ts";

const parsed = (url: string) => {
  const found = driverForUrl(url);
  return found?.driver.options.parse(found.options) as Record<string, unknown>;
};

test.each([
  ["sslmode=require", "require"],
  ["sslmode=verify-full", "verify-full"],
  ["ssl-mode=VERIFY_IDENTITY", "verify-full"],
  ["ssl_mode=REQUIRED", "require"],
  ["tls=verify-full", "verify-full"],
  ["tls=verify-ca", "verify-ca"],
  ["ssl=true", "require"],
  ["ssl=0", "disable"],
  ["sslmode=allow", "prefer"],
  ["application_name=shop&charset=utf8mb4", "prefer"],
])("%s is %s", (query, tls) => {
  for (const scheme of ["postgres", "mysql"])
    expect(parsed(`${scheme}://u@db.example.org/shop?${query}`)).toMatchObject({ tls });
});

test.each(["sslmode=requre", "tls=full", "ssl=maybe", "sslrootcrt=/ca.pem", "ssl_verify=1"])(
  "%s is refused",
  (query) => {
    for (const scheme of ["postgres", "mysql"])
      expect(() => parsed(`${scheme}://u@db.example.org/shop?${query}`)).toThrow(
        expect.objectContaining({ problem: expect.objectContaining({ code: "bad_request" }) }),
      );
  },
);

test("a CA, a client's certificate and a table come along", () => {
  expect(
    parsed("postgres://u@h/d?sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&table=t&schema=s"),
  ).toMatchObject({
    tlsCa: "/ca.pem",
    tlsCert: "/c.pem",
    tlsKey: "/k.pem",
    table: "t",
    schema: "s",
  });
});
