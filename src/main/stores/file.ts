/** Django's file backend: a folder with one file a session. */
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { problem } from "../problem.ts";
import { defineDriver, type Store } from "./driver.ts";
import { detectFolder } from "./file-detect.ts";
import { expiryRule } from "./file-expiry.ts";
import { folderAt, realPath } from "./file-folder.ts";
import { indexOf } from "./file-index.ts";
import { purge, purgeCount } from "./file-purge.ts";
import { count, type Files, get, page, scan, span } from "./file-read.ts";
import { remove, setExpiry, write, writer } from "./file-write.ts";

/** Files up to which pages come by expiry: reading that many to learn it takes a good half second. */
const ORDERED = 20_000;

const options = z.object({
  path: z.string().min(1).meta({
    title: "Folder",
    description: "SESSION_FILE_PATH of the site; Django's default is the system's temp folder.",
    format: "path",
  }),
  cookieName: z.string().default("").meta({
    title: "Cookie name",
    description: "What the file names start with. Empty: SESSION_COOKIE_NAME.",
    "x-advanced": true,
  }),
});

export const file = defineDriver({
  options,
  name: "file",
  title: "Folder of session files",
  summary: "The files of Django's file backend, one a session.",
  kind: "file",
  schemes: ["file"],

  fromUrl(url) {
    try {
      if (/%00/.test(url.pathname)) throw new TypeError("no path");
      const path = fileURLToPath(`file://${url.host}${url.pathname}`);
      return { ...Object.fromEntries(url.searchParams), path };
    } catch {
      throw problem("bad_request", "The file URL names no folder of this machine.");
    }
  },

  detect: detectFolder,

  identity: ({ path, cookieName }) => `file:${realPath(path)}#${cookieName}`,

  suggestName: ({ path, cookieName }) =>
    cookieName ? `${basename(path)}, ${cookieName}` : basename(path),

  async open({ options: { path, cookieName }, writable, expiry, useTz, timeZone }) {
    const rule = expiryRule(expiry, useTz, timeZone);
    const folder = folderAt(resolve(path), cookieName || expiry.cookieName);
    const index = indexOf(folder, rule);
    const ordered = folder.sortedKeys(0).length <= ORDERED;
    const files: Files = { folder, index, ordered };
    const purging = purge(files);
    const writing = writer(writable, index);
    const store: Store = {
      kind: "file",
      capabilities: {
        orders: ordered ? ["expires", "-expires"] : [],
        count: "exact",
        histogram: ordered,
        users: false,
        write: true,
        purge: true,
        setExpiry: true,
        neverRemoved: true,
        partial: null,
      },
      title: `Session files, ${folder.path}`,
      writable,
      facts: async () => factsOf(files),
      now: async () => Temporal.Now.instant().toString({ fractionalSecondDigits: 6 }),
      page: (asked) => page(files, asked),
      scan: (asked) => scan(files, asked),
      get: async (key, maxData) => get(files, key, maxData),
      count: (range, signal) => count(files, range, signal),
      estimate: async () => folder.names().keys.length,
      span: () => span(files),
      write: async (asked) => writing(() => write(folder, asked)),
      setExpiry: async (key, expires, expected) =>
        writing(() => setExpiry(folder, rule, key, expires, expected)),
      delete: async (key, expected) => writing(() => remove(folder, key, expected)),
      purgeCount: (cutoff, signal) => purgeCount(files, cutoff, signal),
      purgeBatch: async (asked) => writing(() => purging.batch(asked)),
      purgeStatement: (cutoff) =>
        `unlink ${folder.path}/${folder.cookieName}*  -- each whose expiry, by the rule of Django's file backend, is before ${cutoff}`,
      close: async () => undefined,
    };
    return store;
  },
});

function factsOf({ folder, ordered }: Files): Awaited<ReturnType<Store["facts"]>> {
  const { keys, leftovers } = folder.names();
  const facts: Awaited<ReturnType<Store["facts"]>> = [
    keys.length
      ? {
          level: "ok",
          title: "Files",
          text: `${keys.length} session files that start with ${folder.cookieName}.`,
        }
      : {
          level: "warning",
          title: "Files",
          text: `No file starts with ${folder.cookieName} followed by a session key.`,
        },
  ];
  if (!ordered)
    facts.push({
      level: "info",
      title: "Order",
      text: `More than ${ORDERED} files: listed by key, since a file has to be read to learn its expiry.`,
    });
  if (leftovers)
    facts.push({
      level: "info",
      title: "Leftovers",
      text: `${leftovers} temp files of interrupted saves (…_out_…), which Django never removes. They are left alone.`,
    });
  return facts;
}
