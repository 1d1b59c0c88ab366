/** Real servers on the page: by URL and keyboard, a failing step, a store without an order, a connection that is lost. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import Database from "better-sqlite3";
import { startMemcached } from "../servers/memcached.ts";
import { connected, hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { startProxy } from "../servers/proxy.ts";
import { hasRedis, startRedis } from "../servers/redis.ts";
import { startSshd } from "../servers/sshd.ts";
import { expect, startHost, stopHost, test } from "./host.ts";
import { look } from "./look.ts";
import { makeSqlite } from "./stores.ts";

/** Django's key of a session under the default settings. */
const redisKey = (key: string): string => `:1:django.contrib.sessions.cache${key}`;

const url = (page: Page) => page.getByLabel(/^URL/);
const rows = (page: Page) => page.locator(".grid tbody tr[data-key]");
const lock = (page: Page) => page.getByRole("button", { name: "Read-only", exact: true });
const result = (page: Page) => page.getByRole("complementary", { name: "Test result" });
/** The keys of the screen work as soon as the kinds of stores are known. */
async function toServer(page: Page): Promise<void> {
  await expect(page.getByRole("radio", { name: /Connect to a server/ })).toBeVisible();
  await page.keyboard.press("Control+u");
  await expect(url(page)).toBeFocused();
}
const footer = (page: Page) => page.locator(".footer");

test.describe("PostgreSQL", () => {
  test.skip(!hasPostgres, "needs PostgreSQL");
  test.describe.configure({ mode: "serial" });
  let server: TestServer;
  let database: string;

  test.beforeAll(async () => {
    server = await startPostgres();
    database = `scope_e2e_${process.pid}`;
    const first = await connected(server);
    await first.query(`CREATE DATABASE ${database}`);
    await first.end();
    const client = await connected(server, database);
    await client.query(
      "CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL); CREATE INDEX ON django_session (expire_date)",
    );
    await client.end();
  });
  test.afterAll(async () => {
    const client = await connected(server);
    await client.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await client.end();
    await server.close();
  });

  const address = (port: number, password = server.password) =>
    `postgres://${server.user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}?sslmode=prefer`;

  async function fill(folder: string): Promise<void> {
    const db = new Database(makeSqlite(folder, "from.sqlite3"), { readonly: true });
    const all = db
      .prepare("SELECT session_key, session_data, expire_date FROM django_session")
      .all();
    db.close();
    const sessions = all as { session_key: string; session_data: string; expire_date: string }[];
    const client = await connected(server, database);
    await client.query("TRUNCATE django_session");
    await client.query(
      "INSERT INTO django_session SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])",
      [
        sessions.map((one) => one.session_key),
        sessions.map((one) => one.session_data),
        sessions.map((one) => `${one.expire_date}Z`),
      ],
    );
    await client.end();
  }

  test("is reached by its URL with the keyboard alone; the password is not shown", async ({
    page,
    host,
  }, info) => {
    await fill(host.folder);
    await toServer(page);
    await look(page, info, "server-blank");
    await page.keyboard.insertText(address(server.port));
    await expect(url(page)).toHaveValue(/:••••••••@127\.0\.0\.1/);
    await expect(page.locator(".parsed")).toContainText(`127.0.0.1, ${server.port}`);
    await expect(page.locator(".parsed")).toContainText("hidden");
    await page.getByLabel("Name", { exact: true }).fill("shop");
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(result(page).getByRole("heading", { name: /Connected/ })).toBeVisible();
    await expect(result(page)).toContainText("Authentication");
    await look(page, info, "server-tested");
    await url(page).focus();
    await page.keyboard.press("Enter");
    await expect(lock(page)).toBeVisible();
    await expect(rows(page).nth(5)).toBeVisible();
    await look(page, info, "server-sessions");
    expect(await page.content()).not.toContain(server.password);
  });

  test("a wrong password is said at its step", async ({ page }, info) => {
    await toServer(page);
    await url(page).fill(address(server.port, "wrong-one"));
    await page.getByLabel("Name", { exact: true }).fill("shop");
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(result(page).getByRole("heading", { name: /Not connected/ })).toBeVisible();
    const failed = result(page).locator("li.is-bad");
    await expect(failed).toHaveCount(1);
    await expect(failed).toContainText("Authentication");
    expect(await page.locator("body").innerText()).not.toContain("wrong-one");
    await expect(url(page)).toHaveValue(/:••••••••@/);
    await look(page, info, "server-refused");
  });

  test("a lost connection keeps its rows, waits, and comes back by itself", async ({
    page,
    host,
  }, info) => {
    await fill(host.folder);
    const proxy = await startProxy(server.port, server.host);
    await toServer(page);
    await url(page).fill(address(proxy.port));
    await page.getByLabel("Name", { exact: true }).fill("far shop");
    await page.keyboard.press("Enter");
    await expect(rows(page).nth(5)).toBeVisible();
    const key = await rows(page).nth(2).getAttribute("data-key");
    await rows(page).nth(2).click();
    await lock(page).click();
    await page.getByRole("button", { name: "Unlock writes" }).last().click();
    await expect(page.getByRole("button", { name: /Writes unlocked/ })).toBeVisible();
    proxy.refuse = true;
    proxy.cut();
    await page.keyboard.press("F5");
    await expect(page.getByText(/Connection to far shop lost at/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Retry now" })).toBeVisible();
    await expect(page.locator(`tr[data-key="${key}"]`)).toBeVisible();
    await expect(page.locator(".tablewrap.stale")).toBeVisible();
    await expect(footer(page)).toContainText("offline");
    await expect(page.getByText("Changes wait until it is back").first()).toBeVisible();
    await look(page, info, "server-lost");
    proxy.refuse = false;
    await page.getByRole("button", { name: "Retry now" }).click();
    await expect(page.getByText(/Connection to far shop lost at/)).toBeHidden();
    await expect(page.locator(".tablewrap.stale")).toHaveCount(0);
    await expect(page.locator(`tr[data-key="${key}"]`)).toBeVisible();
    // Again, and this time nobody presses anything.
    proxy.refuse = true;
    proxy.cut();
    await page.keyboard.press("F5");
    await expect(footer(page)).toContainText("offline");
    proxy.refuse = false;
    await expect(footer(page)).not.toContainText("offline", { timeout: 30_000 });
    await proxy.close();
  });

  test("a cache in front of the table is named in the form, with a password of its own", async ({
    page,
    host,
  }, info) => {
    test.skip(!hasRedis, "needs Redis");
    await fill(host.folder);
    const redis = await startRedis();
    await redis.client.config("SET", "requirepass", "the-caches-word");
    await toServer(page);
    await url(page).fill(address(server.port));
    await page.getByLabel("Name", { exact: true }).fill("pair");
    await page.getByRole("button", { name: /^Cache none/ }).click();
    await page.getByLabel("Cache of the cached_db engine").selectOption("redis");
    const cache = page.getByRole("group", { name: "Options of the cache, Redis" });
    await cache.getByLabel("Host", { exact: true }).fill(`127.0.0.1:${redis.port}`);
    await cache.getByLabel("Password", { exact: true }).fill("not-the-word");
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(result(page).locator("li.is-bad")).toContainText("Authentication");
    await cache.getByLabel("Password", { exact: true }).fill("the-caches-word");
    await look(page, info, "server-cache");
    await page.getByRole("button", { name: "Connect read-only" }).click();
    await expect(rows(page).nth(5)).toBeVisible();
    const kept = readFileSync(join(host.home, "connections.json"), "utf8");
    expect(kept).toContain("cachedBy");
    expect(kept).not.toContain("the-caches-word");
    await redis.close();
  });

  test("an unknown SSH host's key is shown, refused and accepted", async ({ browser }, info) => {
    const sshd = await startSshd();
    const home = join(info.outputPath("home"));
    mkdirSync(home, { recursive: true });
    const { url: link, process: child } = await startHost(home, { HOME: sshd.home });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(link);
    await toServer(page);
    await url(page).fill(address(server.port));
    await page.getByLabel("Name", { exact: true }).fill("behind");
    await page.getByRole("button", { name: /^SSH tunnel/ }).click();
    await page.getByLabel("Reach the server through an SSH host").check();
    await page.getByLabel("SSH host", { exact: true }).fill("127.0.0.1");
    await page.getByLabel("SSH port").fill(String(sshd.port));
    await page.getByLabel("SSH user").fill(sshd.user);
    await look(page, info, "server-tunnel");
    await page.getByRole("button", { name: "Test connection" }).click();
    const asked = page.getByRole("dialog", { name: "Unknown SSH host" });
    await expect(asked).toContainText("SHA256:");
    await look(page, info, "server-host-key");
    await asked.getByRole("button", { name: "Refuse" }).click();
    await expect(result(page).getByRole("heading", { name: /Not connected/ })).toBeVisible();
    await page.getByRole("button", { name: "Test connection" }).click();
    await asked.getByRole("button", { name: "Accept this key" }).click();
    await expect(result(page)).toContainText("SSH tunnel");
    await expect(asked).toBeHidden();
    await context.close();
    await stopHost(child);
    await sshd.close();
  });
});

test("Redis has no order, no strip and no user names, and says so by leaving them out", async ({
  page,
}, info) => {
  test.skip(!hasRedis, "needs Redis");
  const redis = await startRedis();
  const pipeline = redis.client.pipeline();
  for (let n = 0; n < 60; n++) {
    const key = redisKey(n.toString(36).padStart(2, "0").repeat(16));
    const data = JSON.stringify({ _auth_user_id: String(n), cart: [n] });
    if (n % 6 === 0) pipeline.set(key, data);
    else pipeline.set(key, data, "EX", 3600 * (n + 1));
  }
  await pipeline.exec();
  await toServer(page);
  await url(page).fill(`redis://127.0.0.1:${redis.port}/0`);
  await page.getByLabel("Name", { exact: true }).fill("cache");
  await look(page, info, "redis-form");
  await page.keyboard.press("Enter");
  await expect(rows(page).nth(5)).toBeVisible();
  await expect(page.locator(".strip")).toHaveCount(0);
  await expect(page.locator("th .sorter")).toHaveCount(0);
  await look(page, info, "redis-sessions");
  await page.getByRole("button", { name: "Purge", exact: true }).click();
  await expect(page.locator(".purge")).toContainText("10");
  await look(page, info, "redis-purge");
  await redis.close();
});

test("Memcached lists in part, and says why", async ({ page }, info) => {
  const memcached = await startMemcached().catch(() => null);
  test.skip(!memcached, "needs memcached");
  if (!memcached) return;
  await toServer(page);
  await url(page).fill(`memcached://127.0.0.1:${memcached.port}`);
  await page.getByLabel("Name", { exact: true }).fill("cache");
  await page.keyboard.press("Enter");
  await expect(lock(page)).toBeVisible();
  await expect(page.locator(".band-warning")).toBeVisible();
  await expect(footer(page)).toContainText("partial");
  await page.getByRole("button", { name: "Purge", exact: true }).click();
  await look(page, info, "memcached-purge");
  await memcached.close();
});

test("what is typed while the host reads a URL stays, and secrets of its parameters go out of sight", async ({
  page,
}, info) => {
  await toServer(page);
  await url(page).fill(
    "redis+cluster://a.example:7000,b.example:7001?password=in-the-query&prefix=shop",
  );
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await expect(page.locator(".parsed")).toContainText("a.example:7000, b.example:7001");
  await expect(page.locator(".parsed")).toContainText("hidden");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
  await expect(page.getByLabel("Key prefix")).toHaveValue("shop");
  expect(await page.locator("body").innerText()).not.toContain("in-the-query");
  await expect(url(page)).not.toHaveValue(/in-the-query/);
  await url(page).fill("nonsense://a:not-shown@b");
  await page.getByLabel("Name", { exact: true }).focus();
  await expect(page.getByText(/No driver opens nonsense/)).toBeVisible();
  // Nothing is opened meanwhile, least of all what the URL before it named.
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(result(page)).toContainText("Not tested yet");
  await look(page, info, "server-urls");
});
