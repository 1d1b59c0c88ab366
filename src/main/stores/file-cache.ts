/** Sessions in a folder of Django's FileBasedCache: the verbs of session files, under other names and with the expiry inside. */
import { opendir } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { keyForm, sessionNames } from "../django/cache-key.ts";
import { problem } from "../problem.ts";
import { defineDriver, type Store } from "./driver.ts";
import { cacheFolderAt } from "./file-cache-folder.ts";
import { headerOf, headerRule, withExpiry } from "./file-cache-header.ts";
import { microsOf } from "./file-expiry.ts";
import { contentOf, realPath, tokenOf } from "./file-folder.ts";
import { indexOf } from "./file-index.ts";
import { purge, purgeCount } from "./file-purge.ts";
import { count, type Files, get, page, scan, span } from "./file-read.ts";
import { remove, write, writer } from "./file-write.ts";

/** Files up to which pages come by expiry: each is read once to learn it. */
const ORDERED = 20_000;
/** Names looked at to recognise a folder. */
const LOOK = 5000;
const ALL = 256 * 1024 * 1024;
const WHY = "They have no expiry, or do not begin with one. Django sets one with every session.";
const advanced = { "x-advanced": true };

const options = z.object({
  path: z.string().min(1).meta({
    title: "Folder",
    description: "LOCATION in CACHES.",
    format: "path",
  }),
  layout: z
    .enum(["cache", "cached_db"])
    .default("cache")
    .meta({
      title: "Sessions of",
      description: "To find a session by its key. cache: the cache engine. cached_db: its copies.",
      ...advanced,
    }),
  prefix: z
    .string()
    .default("")
    .meta({
      title: "Key prefix",
      description: "KEY_PREFIX in CACHES, to find a session by its key.",
      ...advanced,
    }),
  version: z
    .number()
    .int()
    .default(1)
    .meta({ title: "Version", description: "VERSION in CACHES.", ...advanced }),
});

const startOf = ({ layout, ...settings }: z.output<typeof options>): string =>
  keyForm(settings, sessionNames[layout]).start;

export const fileCache = defineDriver({
  options,
  name: "file-cache",
  title: "Folder of a file cache",
  summary: "The files of Django's FileBasedCache, named by a hash of their keys.",
  kind: "cache",
  schemes: ["file+cache"],

  fromUrl(url) {
    const { version, ...named } = Object.fromEntries(url.searchParams);
    if (version !== undefined && !/^\d+$/.test(version))
      throw problem("bad_request", `version is no number: ${version}.`);
    const path = fileURLToPath(`file://${url.pathname}`);
    return {
      ...named,
      ...(version !== undefined && { version: Number(version) }),
      path,
    } as z.input<typeof options>;
  },

  async detect(path) {
    try {
      let looked = 0;
      for await (const { name } of await opendir(path)) {
        if (/^[0-9a-f]{32}\.djcache$/.test(name)) return { path };
        looked += 1;
        if (looked === LOOK) break;
      }
    } catch {
      // Not a folder, or none that may be read: opening it says which.
    }
    return null;
  },

  identity: (given) => `file-cache:${realPath(given.path)}#${startOf(given)}`,

  suggestName: ({ path }) => basename(path),

  async open({ options: given, writable }) {
    const folder = cacheFolderAt(resolve(given.path), startOf(given));
    const index = indexOf(folder, headerRule);
    const ordered = folder.sortedKeys(0).length <= ORDERED;
    const files: Files = { folder, index, ordered };
    const purging = purge(files);
    const writing = writer(writable, index);
    const store: Store = {
      kind: "cache",
      form: "file_cache",
      hashed: true,
      capabilities: {
        orders: ordered ? ["expires", "-expires"] : [],
        count: "exact",
        histogram: ordered,
        users: false,
        write: true,
        purge: true,
        setExpiry: true,
        neverRemoved: true,
        partial:
          "Files are named by a hash, so session keys are not known, and whatever else the site caches here is listed too.",
      },
      title: `File cache, ${folder.path}`,
      writable,
      facts: async () => {
        const { keys, leftovers } = folder.names();
        return [
          {
            level: keys.length > 0 ? ("ok" as const) : ("warning" as const),
            title: "Files",
            text: `${keys.length} files of a cache${leftovers > 0 ? `, and ${leftovers} temp files of interrupted writes, which are left alone` : ""}.`,
          },
          {
            level: "info" as const,
            title: "Keys",
            text: `A file's name is the md5 of its key. A session is found by its key as ${startOf(given)}….`,
          },
        ];
      },
      now: async () => Temporal.Now.instant().toString({ fractionalSecondDigits: 6 }),
      page: (asked) => page(files, asked),
      scan: (asked) => scan(files, asked),
      get: async (key, maxData) => get(files, key, maxData),
      count: (range, signal) => count(files, range, signal),
      estimate: async () => folder.names().keys.length,
      span: () => span(files),
      write: async ({ writtenAt: _, ...asked }) =>
        writing(() => {
          const { data, expires } = asked;
          const stamped = expires === null ? data : withExpiry(data, microsOf(expires));
          return write(folder, { ...asked, data: stamped });
        }),
      setExpiry: async (key, expires, expected) =>
        writing(() => {
          const content = contentOf(folder, key, ALL);
          if (content?.data && tokenOf(content) === expected && !headerOf(content.data))
            throw problem("unsupported", "The file does not begin with the time it expires at.");
          const data = withExpiry(content?.data ?? "", microsOf(expires));
          return write(folder, { key, data, expires, expected });
        }),
      delete: async (key, expected) => writing(() => remove(folder, key, expected)),
      async *purgeCount(cutoff, signal) {
        for await (const { neverRemoved, ...sum } of purgeCount(files, cutoff, signal))
          yield { ...sum, neverRemoved: neverRemoved && { ...neverRemoved, why: WHY } };
      },
      purgeBatch: async (asked) => writing(() => purging.batch(asked)),
      purgeStatement: (cutoff) =>
        `unlink ${folder.path}/*.djcache  -- each that expired before ${cutoff}, sessions or not`,
      close: async () => undefined,
    };
    return store;
  },
});
