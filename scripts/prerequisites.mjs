/**
 * What the tests need beyond npm: Chromium, and a Python with Django. As root on Debian the missing ones are installed;
 * elsewhere what is on PATH is used, the suites that need a missing one are skipped visibly, and with CI=true it is a
 * failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

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

const needs = [
  {
    name: "Chromium",
    has: () => chromiumPath() !== null,
    packages: ["chromium"],
    hint: "set CHROMIUM_PATH",
  },
  { name: "Django", has: hasDjango, packages: ["python3-django"], hint: "set DJANGO_PYTHON" },
];

/** Names of what is still missing after trying to install it. */
export function prepare() {
  const packages = needs.filter((need) => !need.has()).flatMap((need) => need.packages);
  if (packages.length > 0 && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log(`Installing ${packages.join(", ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const apt = (...args) => spawnSync("apt-get", args, { env, encoding: "utf8" });
    apt("update");
    const ran = apt("install", "-y", "--no-install-recommends", ...packages);
    if (ran.status !== 0) console.error(ran.stdout + ran.stderr);
  }
  return needs
    .filter((need) => !need.has())
    .map((need) => `${need.name} is missing: install ${need.packages.join(" ")}, or ${need.hint}`);
}
