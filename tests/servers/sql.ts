/** What the tests' own PostgreSQL and MariaDB share: who logs in, how they are run, asked and ended. */
import { type Certificates, makeCertificates, type Pair } from "./certificates.ts";
import { freePort } from "./port.ts";
import { type Running, removeFolder } from "./process.ts";

export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** null: a server that is not the tests' own. */
  readonly own: OwnServer | null;
  close(): Promise<void>;
}

export interface OwnServer {
  readonly folder: string;
  readonly socketFolder: string;
  readonly certificates: Certificates;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** `tls` false: without, until it is started again. */
  start(tls?: boolean): Promise<void>;
  /** What the server shows from now on, at new connections. */
  showCertificate(pair: Pair): Promise<void>;
}

export const USER = "scope";
export const PASSWORD = "a pass/word: 'with\" @signs%";

/** The server a URL names. */
export function serverAt(url: string, usualPort: number): TestServer {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || usualPort),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    own: null,
    close: async () => {},
  };
}

/** One kind of server, its data made in `folder`. */
export interface Recipe {
  readonly folder: string;
  readonly socketFolder: string;
  readonly database: string;
  readonly stopSignal: NodeJS.Signals;
  /** Puts files where the server finds them; asked before it starts. */
  show(pair: Pair, certificates: Certificates): void;
  run(port: number, tls: boolean, certificates: Certificates): Promise<Running>;
  /** A client's connection, made and ended again. */
  knock(server: TestServer): Promise<void>;
  /** The running server reads the shown files again. */
  reload(server: TestServer): Promise<void>;
}

/** Runs it on a free port until it answers. */
export async function ownServer(recipe: Recipe): Promise<TestServer> {
  const { folder, socketFolder, database, stopSignal } = recipe;
  const certificates = makeCertificates(folder, "client");
  recipe.show(certificates.valid, certificates);
  const port = await freePort();
  let running: Running = await recipe.run(port, true, certificates);
  const server: TestServer = {
    host: "127.0.0.1",
    port,
    user: USER,
    password: PASSWORD,
    database,
    own: {
      folder,
      socketFolder,
      certificates,
      stop: (signal = stopSignal) => running.stop(signal),
      async start(tls = true) {
        running = await recipe.run(port, tls, certificates);
        await answering(() => recipe.knock(server));
      },
      async showCertificate(pair) {
        recipe.show(pair, certificates);
        await recipe.reload(server);
      },
    },
    async close() {
      await running.stop(stopSignal);
      removeFolder(folder);
    },
  };
  await answering(() => recipe.knock(server));
  return server;
}

/** It listens before it takes connections. */
async function answering(knock: () => Promise<void>): Promise<void> {
  for (let turn = 0; ; turn++)
    try {
      return await knock();
    } catch (error) {
      if (turn === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
