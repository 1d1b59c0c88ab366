/** A store written by real Django and opened as the host opens it, for tests of the jobs that read. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenRecipe, StoreContext } from "../../src/main/jobs/context.ts";
import { openStore } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { type Project, type ProjectSettings, project } from "../django/project.ts";

export const secretKey = "the key of the site";
export const oldKey = "the key before";

export interface Site {
  folder: string;
  path: string;
  project: Project;
  context: StoreContext;
  recipe: OpenRecipe;
  close(): Promise<void>;
}

/** `code` fills the store; `given` is handed to it. A "file" site keeps its sessions in a folder. */
export async function site(
  code: string,
  given: unknown = null,
  options: { engine?: "db" | "file"; keys?: string[]; settings?: ProjectSettings } = {},
): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "sessionscope-jobs-"));
  const database = join(folder, "db.sqlite3");
  const sessions = join(folder, "sessions");
  const isFile = options.engine === "file";
  const django = project({
    ...options.settings,
    database,
    secretKey,
    ...(isFile && {
      sessions: {
        SESSION_ENGINE: "django.contrib.sessions.backends.file",
        SESSION_FILE_PATH: sessions,
      },
    }),
  });
  django.run(`import os; os.makedirs(${JSON.stringify(sessions)}, exist_ok=True)\n${code}`, given);
  const path = isFile ? sessions : database;
  const [key, ...fallbacks] = options.keys ?? [secretKey, oldKey];
  const recipe: OpenRecipe = {
    connection: connectionSchema.parse({
      id: "site",
      name: "site",
      driver: isFile ? "file" : "sqlite",
      options: isFile
        ? { path }
        : { path, table: "django_session", usersTable: "auth_user", userNameColumn: "" },
    }),
    keys: {
      ...(key ? { secretKey: key } : {}),
      fallbacks,
      salt: "django.contrib.sessions.SessionStore",
    },
    settings: filledSettings({}),
    writable: false,
    binPath: join(folder, "bin.sqlite3"),
  };
  const store = await openStore(recipe);
  const bin = openRecycleBin(recipe.binPath);
  return {
    folder,
    path,
    project: django,
    recipe,
    context: { recipe, store, bin },
    async close() {
      await store.close();
      bin.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Python that puts many sessions into the table: every 10th is alice's, every 4th expired, the others for an hour at least, every 6th browser-length. */
export const manySessions = `
from datetime import timedelta
from random import Random
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import signing
from django.utils import timezone
alice = User.objects.create(username="alice")
zoe = User.objects.create(username="Zoë \\u202e<b>")
now = timezone.now()
store = SessionStore()
rows = []
for n in range(given):
    data = {"cart": [n, 1.0, "x" * (n % 50)], "__proto__": n}
    if n % 10 == 0:
        data["_auth_user_id"] = str(alice.pk)
    elif n % 10 == 1:
        data["_auth_user_id"] = str(zoe.pk)
    if n % 6 == 0:
        data["_session_expiry"] = 0
    if n % 7 == 0:
        del data["cart"]
    if n % 100 == 3:
        data["large"] = "".join(Random(n).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    text = store.encode(data)
    if n % 50 == 5:
        text = signing.dumps(data, key=${JSON.stringify(oldKey)}, salt="django.contrib.sessions.SessionStore", compress=True)
    if n % 50 == 6:
        text = text[:-2] + "xx"
    past = n % 4 == 0
    expires = now - timedelta(minutes=n + 1) if past else now + timedelta(minutes=n + 61)
    rows.append(Session(session_key="%032d" % n, session_data=text, expire_date=expires))
Session.objects.bulk_create(rows)
result = len(rows)
`;
