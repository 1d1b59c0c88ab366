/**
 * What the tests need beyond npm: Chromium, and a Python with Django. As root on Debian the missing ones are installed;
 * elsewhere what is on PATH is used, the suites that need a missing one are skipped visibly, and with CI=true it is a
 * failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

const runs = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

export const chromiumPath = () =>
  [
    process.env.CHROMIUM_PATH,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ]
    .filter(Boolean)
    .find((path) => existsSync(path)) ?? null;

const hasDjango = () =>
  [process.env.DJANGO_PYTHON, "/usr/bin/python3", "python3"].some(
    (python) => python && runs(python, "-c", "import django"),
  );

const hasModules = (...modules) =>
  [process.env.DJANGO_PYTHON, "/usr/bin/python3", "python3"].some(
    (python) => python && runs(python, "-c", `import ${modules.join(", ")}`),
  );

const hasPostgres = () =>
  Boolean(process.env.SESSIONSCOPE_TEST_POSTGRES_URL) ||
  existsSync("/usr/lib/postgresql") ||
  runs("initdb", "--version");

const hasMysql = () =>
  Boolean(process.env.SESSIONSCOPE_TEST_MYSQL_URL) ||
  existsSync("/usr/sbin/mariadbd") ||
  runs("mariadbd", "--version");

const hasMemcached = () => runs("memcached", "-V");

const needs = [
  {
    name: "Chromium",
    has: () => chromiumPath() !== null,
    packages: ["chromium"],
    hint: "set CHROMIUM_PATH",
  },
  {
    name: "OpenSSH's server",
    has: () => existsSync("/usr/sbin/sshd"),
    packages: ["openssh-server", "openssh-client"],
    hint: "skip the tests of tunnels",
  },
  { name: "Django", has: hasDjango, packages: ["python3-django"], hint: "set DJANGO_PYTHON" },
  {
    name: "PostgreSQL",
    has: hasPostgres,
    packages: ["postgresql"],
    hint: "set SESSIONSCOPE_TEST_POSTGRES_URL",
  },
  {
    name: "MariaDB",
    has: hasMysql,
    packages: ["mariadb-server"],
    hint: "set SESSIONSCOPE_TEST_MYSQL_URL",
  },
  {
    name: "Django's clients of PostgreSQL and MySQL",
    has: () => hasModules("django", "psycopg2", "MySQLdb"),
    packages: ["python3-psycopg2", "python3-mysqldb"],
    hint: "set DJANGO_PYTHON",
  },
  {
    name: "Redis",
    has: () => runs(process.env.SESSIONSCOPE_TEST_REDIS_SERVER ?? "redis-server", "--version"),
    packages: ["redis-server"],
    hint: "set SESSIONSCOPE_TEST_REDIS_SERVER",
  },
  {
    name: "Django's clients of Redis",
    has: () =>
      hasModules("django", "redis", "django_redis", "hiredis", "msgpack", "lz4.frame", "zstandard"),
    packages: [
      ...["python3-redis", "python3-django-redis", "python3-hiredis"],
      ...["python3-msgpack", "python3-lz4", "python3-zstandard"],
    ],
    hint: "set DJANGO_PYTHON",
  },
  {
    name: "memcached",
    has: hasMemcached,
    packages: ["memcached"],
    hint: "put memcached on PATH",
  },
  {
    name: "Django's clients of memcached",
    has: () => hasModules("django", "pymemcache", "pylibmc"),
    packages: ["python3-pymemcache", "python3-pylibmc"],
    hint: "set DJANGO_PYTHON",
  },
];

/** Debian asks this file whether a package may start its service. Answers how to undo it. */
function forbidServices() {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}

/** Names of what is still missing after trying to install it. */
export function prepare() {
  const packages = needs.filter((need) => !need.has()).flatMap((need) => need.packages);
  if (packages.length > 0 && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log(`Installing ${packages.join(", ")}`);
    // The tests start servers of their own, so the packages' are not to run.
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const unpoliced = forbidServices();
    const apt = (...args) => spawnSync("apt-get", args, { env, encoding: "utf8" });
    apt("update");
    const ran = apt("install", "-y", "--no-install-recommends", ...packages);
    unpoliced();
    if (ran.status !== 0) console.error(ran.stdout + ran.stderr);
  }
  return needs
    .filter((need) => !need.has())
    .map((need) => `${need.name} is missing: install ${need.packages.join(" ")}, or ${need.hint}`);
}
