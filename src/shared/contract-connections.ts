/** Places: drivers, paths, saved connections, projects. */
import { z } from "zod";
import { call, confirm, done, store } from "./calls.ts";
import {
  connectionSchema,
  driverInfoSchema,
  openStoreSchema,
  secretsSchema,
  testResultSchema,
} from "./connection.ts";
import { projectFindingSchema, projectSchema } from "./project.ts";

export const connectionCalls = {
  drivers: {
    list: call.output(z.array(driverInfoSchema)),
    /** What a store's URL says. Its secrets come back apart, for the fields they are typed in. */
    fromUrl: call.input(z.object({ url: z.string().max(20_000) })).output(
      z.object({
        driver: z.string(),
        options: z.record(z.string(), z.unknown()),
        secrets: z.record(z.string(), z.string()),
        /** Parameters that no option stands for. */
        unused: z.array(z.string()),
        /** The URL without parameters that are secret. */
        shown: z.string(),
      }),
    ),
  },

  files: {
    /** Entries of a folder for the path fields; `path` may be unfinished: its last part filters. */
    suggest: call.input(z.object({ path: z.string() })).output(
      z.object({
        folder: z.string(),
        entries: z.array(
          z.object({
            name: z.string(),
            path: z.string(),
            kind: z.enum(["folder", "sqlite", "file"]),
          }),
        ),
      }),
    ),
    /** What a path is: a SQLite file, a folder of session files, or why neither. */
    detect: call.input(z.object({ path: z.string() })).output(
      z.object({
        driver: z.string(),
        options: z.record(z.string(), z.unknown()),
        name: z.string(),
      }),
    ),
  },

  connections: {
    /** Saved ones, the demo store first. */
    list: call.output(
      z.array(
        z.object({
          connection: connectionSchema,
          store: openStoreSchema.nullable(),
          /** Whether its secrets are known without asking, and until when. */
          remembered: z.enum(["kept", "memory", "no"]),
        }),
      ),
    ),
    /**
     * Secrets among the options are taken out: nothing of them is written with the connection. `secrets` are held in
     * memory, or with `remember` kept as app.info's `credentials` says; `forget` drops what was held.
     */
    save: call
      .input(
        z.object({
          connection: connectionSchema,
          secrets: secretsSchema.optional(),
          remember: z.boolean().optional(),
          forget: z.boolean().optional(),
        }),
      )
      .output(connectionSchema),
    remove: call.input(store).output(done),
    /** Opens and closes again, without saving. */
    test: call
      .input(z.object({ connection: connectionSchema, secrets: secretsSchema }))
      .output(testResultSchema),
    /** Always read-only. Opening an open one changes nothing but its keys. */
    open: call.input(store.extend({ secrets: secretsSchema.optional() })).output(openStoreSchema),
    /** Opens a path or a store URL without saving a connection; the answer's connection.id is used from then on. */
    openTarget: call
      .input(
        z.object({
          target: z.string(),
          table: z.string().optional(),
          /** As in a connection; goes before a saved one's. */
          storeClass: z.string().optional(),
          /** cached_db: the URL of the cache in front of the table. */
          cache: z.string().optional(),
          secrets: secretsSchema.optional(),
        }),
      )
      .output(openStoreSchema),
    close: call.input(store).output(done),
    /** Tries at once to reach a lost store again; the answer says whether it is reached. */
    reconnect: call.input(store).output(z.object({ back: z.boolean() })),
    /** Trusts the key an SSH host offered (problem.detail.hostKey of the refusal): written to the app's own known_hosts. */
    acceptHostKey: call
      .input(z.object({ host: z.string(), port: z.number().int(), key: z.string().max(20_000) }))
      .output(z.object({ fingerprint: z.string() })),
    unlock: call.input(store.extend(confirm.shape)).output(openStoreSchema),
    lock: call.input(store).output(openStoreSchema),
    /** Makes the demo store anew around the present moment and opens it. */
    resetDemo: call.output(openStoreSchema),
  },

  project: {
    /** Reads a folder's settings as text; nothing is run. `variables`: values of environment variables it asked for. */
    read: call
      .input(
        z.object({
          path: z.string().max(4096),
          settingsModule: z.string().max(500).optional(),
          variables: z.record(z.string(), z.string()).optional(),
        }),
      )
      .output(projectSchema),
    /** Opens a proposal without saving it, with the secrets the project gave; `options` fill in what it asks for. */
    open: call
      .input(
        z.object({
          project: z.string(),
          proposal: z.string(),
          options: z.record(z.string(), z.unknown()).optional(),
          secrets: secretsSchema.optional(),
        }),
      )
      .output(openStoreSchema),
    /** Compares a project's settings with an open store. */
    check: call.input(store.extend({ project: z.string() })).output(z.array(projectFindingSchema)),
  },
};
