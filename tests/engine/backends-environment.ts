/** An environment for backends under test: a settable clock, listed keys and then random ones, and a log that is kept. */
import { randomBytes } from "node:crypto";
import type { Environment, LogLine } from "../../src/main/engine/backends/ports.ts";
import { generateKey } from "../../src/main/engine/keys.ts";
import {
  type DjangoVersion,
  type GivenSettings,
  resolveSettings,
  type Settings,
} from "../../src/main/engine/settings.ts";
import type { Micros } from "../../src/main/engine/time.ts";

export const goldenSecret = "golden-secret-key-0123456789abcdefghijklmnopqrstuvwxyz";

export class TestEnvironment implements Environment {
  readonly version: DjangoVersion;
  settings: Settings;
  now: () => Micros = () => 1700000000_000000n;
  /** Handed out first. */
  keys: string[] = [];
  readonly lines: LogLine[] = [];

  constructor(version: DjangoVersion, given: GivenSettings) {
    this.version = version;
    this.settings = resolveSettings(
      { SECRET_KEY: goldenSecret, USE_TZ: true, TIME_ZONE: "UTC", ...given },
      version,
    );
  }

  newKey(): string {
    return this.keys.shift() ?? generateKey(randomBytes);
  }

  log(line: LogLine): void {
    this.lines.push(line);
  }
}
