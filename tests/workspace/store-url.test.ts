/** URLs as they are pasted into the form: through the drivers, secrets apart, and told what they hold in vain. */
import { expect, it } from "vitest";
import { readUrl } from "../../src/main/workspace/store-url.ts";
import { problemOf, startHost } from "./host.ts";

it.each([
  [
    "postgres://app:p%40ss@db.example.org:5433/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem",
    "postgres",
    { host: "db.example.org", port: 5433, database: "shop", user: "app", tls: "verify-full" },
    "p@ss",
  ],
  [
    "mysql2://root:100%@[::1]/shop?ssl-mode=REQUIRED",
    "mysql",
    { host: "::1", database: "shop", tls: "require" },
    "100%",
  ],
  [
    "rediss+cluster://:secret@a.example:7000,b.example:7001",
    "redis",
    { mode: "cluster", hosts: "a.example:7000,b.example:7001", tls: "verify-full" },
    "secret",
  ],
  [
    "redis+sentinel://s1:26379,s2:26379/mymaster/3?password=from-the-query",
    "redis",
    { mode: "sentinel", hosts: "s1:26379,s2:26379", masterName: "mymaster", db: 3 },
    "from-the-query",
  ],
  ["unix:///run/redis.sock?db=2", "redis", { hosts: "/run/redis.sock", db: 2 }, undefined],
  [
    "memcache://127.0.0.1:11211,127.0.0.1:11212?prefix=shop&client=pylibmc",
    "memcached",
    { hosts: "127.0.0.1:11211,127.0.0.1:11212", prefix: "shop", client: "pylibmc" },
    undefined,
  ],
  ["file+cache:///var/tmp/cache", "file-cache", { path: "/var/tmp/cache" }, undefined],
] as const)("%s", (url, driver, options, password) => {
  const found = readUrl(url.replace("mysql2", "mysql"));
  expect(found).toMatchObject({ driver, options, unused: [] });
  expect(found.secrets).toEqual(password === undefined ? {} : { password });
  expect(JSON.stringify(found.options)).not.toContain(password ?? "\0");
  expect(found.shown.slice(found.shown.indexOf("?"))).not.toContain(password ?? "\0");
});

it("names what changes nothing, and parameters that are secret are not shown", () => {
  const found = readUrl("postgresql://db/shop?conn_max_age=600&application_name=a&table=x");
  expect(found.unused).toEqual(["conn_max_age", "application_name"]);
  const secret = readUrl("redis://h/0?password=hid%26den&prefix=a");
  expect(secret).toMatchObject({ shown: "redis://h/0?prefix=a", secrets: { password: "hid&den" } });
});

it("says what is wrong as a problem, without the password", async () => {
  const host = startHost();
  for (const url of [
    "nowhere",
    "ftp://a:hidden@b",
    "redis://a:hidden@b:99999",
    "redis://:hidden%ff@b",
  ]) {
    const problem = await problemOf(host.client.drivers.fromUrl({ url }));
    expect(problem.code).toBe("bad_request");
    expect(JSON.stringify(problem)).not.toContain("hidden");
  }
  const { client } = host;
  expect(await client.drivers.fromUrl({ url: "postgres://u:hidden@h/d" })).toEqual({
    ...{ driver: "postgres", options: { host: "h", user: "u", database: "d" } },
    ...{ secrets: { password: "hidden" }, unused: [], shown: "postgres://u:hidden@h/d" },
  });
  await host.close();
});
