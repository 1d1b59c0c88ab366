/** What is proposed from projects as people have them. */
import { expect, test } from "vitest";
import { folderWith, read, valuesOf } from "./oracle.ts";
import { oscar, pretix, saleor, sentry } from "./popular-products.ts";
import { classes, decoupled, scoops } from "./popular-sites.ts";
import { cookiecutter, mezzanine, type Popular, wagtail } from "./popular-templates.ts";

interface Wanted {
  project: Popular;
  module: string;
  driver: string;
  options: Record<string, unknown>;
  secretKey: string;
  password?: string;
  settings?: Record<string, string | null>;
  cachedBy?: object;
  /** Variables that are asked for. */
  asks?: string[];
}

const FOLDER = "<folder>";

const wanted: Record<string, Wanted> = {
  "cookiecutter-django, local": {
    project: cookiecutter("local"),
    module: "config.settings.local",
    driver: "postgres",
    options: {
      host: "postgres",
      port: 5432,
      database: "shop",
      user: "debug",
      usersTable: "users_user",
    },
    secretKey: "local-cookiecutter-key-0123456789",
    password: "cookie-local-pass",
    asks: ["DJANGO_SECRET_KEY"],
  },
  "cookiecutter-django, production": {
    project: cookiecutter("production"),
    module: "config.settings.production",
    driver: "redis",
    options: { hosts: "redis:6379", db: 0, layout: "django" },
    secretKey: "prod-cookiecutter-key-98765",
    settings: {
      SESSION_COOKIE_NAME: "'__Secure-sessionid'",
      SESSION_COOKIE_SECURE: "True",
      "DATABASES['default']['USER']": "'prod'",
    },
    asks: [],
  },
  "wagtail's start": {
    project: wagtail,
    module: "mysite.settings.dev",
    driver: "sqlite",
    options: { path: `${FOLDER}/db.sqlite3` },
    secretKey: "django-insecure-wagtail-%$&'()#0123",
    asks: [],
  },
  "Mezzanine, whose settings execute local_settings.py": {
    project: mezzanine,
    module: "blog.settings",
    driver: "sqlite",
    options: { path: `${FOLDER}/dev.db` },
    secretKey: "mezzanine-key-0123456789",
    settings: { SESSION_EXPIRE_AT_BROWSER_CLOSE: "True" },
    asks: [],
  },
  Saleor: {
    project: saleor,
    module: "saleor.settings",
    driver: "postgres",
    options: {
      host: "localhost",
      port: 5432,
      database: "saleor",
      user: "saleor",
      usersTable: "account_user",
    },
    secretKey: "saleor-key-not-read-by-settings",
    password: "saleor-pass",
    settings: {
      SESSION_COOKIE_SECURE: "False",
      "CACHES['default']['BACKEND']": "'django.core.cache.backends.locmem.LocMemCache'",
    },
    asks: ["CACHE_URL", "DATABASE_URL", "DATABASE_URL_REPLICA"],
  },
  "django-oscar's sandbox": {
    project: oscar,
    module: "settings",
    driver: "sqlite",
    options: { path: `${FOLDER}/sandbox/db.sqlite` },
    secretKey: "UajFCuyjDKmWHe29neauXzHi9eZoRXr6RMbT5JyAdPiACBP6Cra2",
    settings: { SESSION_COOKIE_AGE: "86400", TIME_ZONE: "'Europe/London'" },
  },
  "pretix, by configparser": {
    project: pretix,
    module: "pretix.settings",
    driver: "redis",
    options: { hosts: "172.17.0.1:6379", db: 0, layout: "django" },
    secretKey: "pretix-secret-key-0123456789",
    settings: {
      SESSION_ENGINE: "'django.contrib.sessions.backends.cache'",
      TIME_ZONE: "'Europe/Berlin'",
      "DATABASES['default']['ENGINE']": "'django.db.backends.postgresql'",
      "DATABASES['default']['PASSWORD']": null,
    },
    asks: ["PRETIX_CONFIG_FILE"],
  },
  "python-decouple, production": {
    project: decoupled,
    module: "core.settings",
    driver: "mysql",
    options: {
      ...{ host: "db.internal", port: 3306, database: "core", user: "core" },
      ...{ tls: "verify-ca", tlsCa: `${FOLDER}/src/certs/ca.pem`, usersTable: "users_customuser" },
    },
    secretKey: "decouple-key-0123",
    password: "decouple-db-pass",
    settings: { SESSION_COOKIE_AGE: "604800", USE_TZ: "False", TIME_ZONE: "'America/Sao_Paulo'" },
    cachedBy: {
      driver: "memcached",
      options: { hosts: "cache-a:11211,cache-b:11211", prefix: "core", layout: "cached_db" },
    },
  },
  "secrets.json and session files": {
    project: scoops,
    module: "config.settings.local",
    driver: "file",
    options: { path: `${FOLDER}/var/sessions` },
    secretKey: "scoops-key-01234",
    settings: { SESSION_COOKIE_NAME: "'scoopid'", "DATABASES['default']['NAME']": "'scoops'" },
    asks: [],
  },
};

test.each(Object.entries(wanted))("%s", (_, { project: { files, env }, ...one }) => {
  const folder = folderWith(files);
  const { project, secrets } = read(folder, {}, env);
  expect(project.settingsModule).toBe(one.module);
  const [proposal] = project.proposals;
  const placed = JSON.parse(JSON.stringify(one.options).replaceAll(FOLDER, folder));
  expect(proposal).toMatchObject({
    driver: one.driver,
    available: true,
    asks: [],
    connection: { options: placed, ...(one.cachedBy && { cachedBy: one.cachedBy }) },
  });
  const held = secrets.get(proposal?.id ?? "");
  expect(held?.secretKey).toBe(one.secretKey);
  expect(held?.options?.["password"]).toBe(one.password);
  expect(valuesOf({ project, secrets } as never)).toMatchObject(one.settings ?? {});
  if (one.asks) expect(project.asks.map(({ variable }) => variable).sort()).toEqual(one.asks);
  // Every value that was found says where.
  for (const { known, origin, name } of project.settings)
    if (known === "yes") expect([name, origin?.how]).toEqual([name, expect.stringMatching(/./)]);
  const page = JSON.stringify(project);
  for (const secret of page.match(/[\w-]*-pass\b|[\w-]+-key-[\w-]+/g) ?? [])
    expect(["saleor-key-not-read-by-settings"]).toContain(secret);
  for (const secret of [one.secretKey, one.password ?? one.secretKey])
    expect(page).not.toContain(JSON.stringify(secret).slice(1, -1));
});

test("Sentry: sessions in signed cookies, an alias of os.environ.get, a raise that is not reached", () => {
  const { project } = read(folderWith(sentry.files), {}, sentry.env);
  expect(valuesOf({ project } as never)).toMatchObject({
    SESSION_COOKIE_NAME: "'sentrysid'",
    SESSION_COOKIE_AGE: "604800",
    SESSION_COOKIE_SAMESITE: "None",
    AUTH_USER_MODEL: "'sentry.User'",
  });
  expect(project.settings.find(({ name }) => name === "SECRET_KEY")?.known).toBe("yes");
  expect(project.proposals).toMatchObject([{ driver: "signed_cookies", available: false }]);
  expect(project.proposals[0]?.why).toMatch(/browsers' cookies/);
});

test("settings in classes are said not to be read, everywhere", () => {
  const { project } = read(folderWith(classes.files), {}, classes.env);
  expect(project.settings.filter(({ known }) => known !== "no")).toEqual([]);
  expect(project.proposals[0]).toMatchObject({
    available: false,
    why: "DATABASES is not known: Settings in classes are not read: Common.",
  });
});

test("where a value of an ini file, a JSON file or a script comes from", () => {
  const originOf = ({ files, env }: Popular, wantedName: string) => {
    const { project } = read(folderWith(files), {}, env);
    const { origin, known, why } = project.settings.find(({ name }) => name === wantedName) ?? {};
    return { ...origin, known, why };
  };
  expect(originOf(pretix, "DATABASES['default']['NAME']")).toMatchObject({
    ...{ file: "pretix.cfg", line: 11, how: "[database] name in pretix.cfg", known: "assumed" },
  });
  expect(originOf(pretix, "SESSION_COOKIE_DOMAIN").why).toBe(
    "/etc/pretix/pretix.cfg lies outside of the project, and is not read.",
  );
  expect(originOf(scoops, "SECRET_KEY")).toMatchObject({ file: "secrets.json", known: "yes" });
  expect(originOf(cookiecutter("local"), "DATABASES['default']['HOST']")).toMatchObject({
    file: "compose/production/django/entrypoint",
    line: 8,
    known: "yes",
  });
});
