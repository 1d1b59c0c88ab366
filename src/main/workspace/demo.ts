/** The demo store: a SQLite database as Django 5.2's migrate leaves it, with a shop's sessions in it. */
import { existsSync, linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type Connection, connectionSchema, type Secrets } from "../../shared/connection.ts";
import { type DemoRecipe, demoSessions } from "./demo-sessions.ts";
import { resourcePath } from "./package.ts";

/** sqlite_master of a project after `migrate`, these two tables alone. */
const tables = `
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
`;

export const demoId = "demo";

/** The first of all connections. */
export const demoConnection = (home: string): Connection =>
  connectionSchema.parse({
    id: demoId,
    name: "Demo store",
    driver: "sqlite",
    options: { path: demoPath(home) },
    builtin: true,
  });

const demoPath = (home: string): string => join(home, "demo.sqlite3");

const recipe = (): DemoRecipe =>
  JSON.parse(readFileSync(resourcePath("demo-recipe.json"), "utf8")) as DemoRecipe;

export function demoSecrets(): Secrets {
  const { secretKey, fallbacks } = recipe();
  return { secretKey, fallbacks };
}

/** Makes the database where it is missing, or anew; it is put in place when it is whole. */
export function makeDemo(home: string, anew = false, now: number = Date.now()): void {
  const path = demoPath(home);
  if (existsSync(path) && !anew) return;
  const fresh = `${path}.${process.pid}.new`;
  rmSync(fresh, { force: true });
  try {
    write(fresh, recipe(), now);
    if (anew) {
      for (const rest of ["-wal", "-shm", "-journal"]) rmSync(path + rest, { force: true });
      renameSync(fresh, path);
    } else putInPlace(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** Never over one that another process made meanwhile and may have open. */
function putInPlace(fresh: string, path: string): void {
  try {
    linkSync(fresh, path);
  } catch {
    // There already, or a file system without links.
    if (!existsSync(path)) renameSync(fresh, path);
  }
}

function write(path: string, plan: DemoRecipe, now: number): void {
  const db = new Database(path);
  try {
    db.exec(tables);
    db.transaction(() => {
      const user = db.prepare(
        "INSERT INTO auth_user (password, last_login, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
      );
      const joined = djangoTime(now - 400 * 86_400_000);
      for (const [username, first, last] of plan.users)
        user.run(
          // What set_unusable_password() stores: nobody can log in to a demo.
          `!${"demo".repeat(10)}`,
          djangoTime(now - 3_600_000),
          username === plan.superuser ? 1 : 0,
          username,
          last,
          `${username.replace("'", "")}@example.org`,
          plan.staff.includes(username) ? 1 : 0,
          joined,
          first,
        );
      const session = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
      for (const { key, data, expires } of demoSessions(plan, now))
        session.run(key, data, djangoTime(expires));
    })();
  } finally {
    db.close();
  }
}

/** As Django writes a datetime into SQLite: UTC without saying so, a fraction only where there is one. */
const djangoTime = (at: number): string =>
  new Date(at).toISOString().replace("T", " ").replace(".000Z", "").replace("Z", "000");
