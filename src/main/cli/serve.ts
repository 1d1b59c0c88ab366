/** serve: the page in a browser, from this machine alone. */
import { print } from "./output.ts";
import type { Verb } from "./verb.ts";
import { UsageError } from "./verb.ts";

export const serve: Verb = {
  name: "serve",
  usage: "serve [options]",
  summary: "Starts the app without Electron: the same page in a browser, on 127.0.0.1",
  options: {
    "port=N": "port to listen on (default: any free one)",
    "no-open": "only print the link, open no browser",
  },
  details: "The link holds a token for this run; without it nothing is served. Ctrl+C ends it.",
  takes: [0, 0],
  async run(given) {
    const port = given.number("port", 0) ?? 0;
    if (port > 65_535) throw new UsageError("--port takes a number up to 65535.");
    const { startServer } = await import("../serve.ts");
    const server = await startServer({ port, open: !given.flag("no-open") });
    await print(server.url);
    await new Promise<void>((resolve) => {
      // Not once: a signal may reach this process twice, from the terminal and from the one that started it.
      process.on("SIGINT", () => resolve()).on("SIGTERM", () => resolve());
    });
    await server.close();
    return 0;
  },
};
