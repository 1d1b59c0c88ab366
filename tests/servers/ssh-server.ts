/**
 * An SSH server in the tests' own process, for what a real sshd does only as root: users and passwords of its own, answers
 * typed at prompts, and names that nobody else knows.
 */
import { once } from "node:events";
import { connect } from "node:net";
import ssh2, { type AuthContext, type Connection } from "ssh2";

export interface SshServerOptions {
  /** Names it knows, and the loopback address they stand for. Nothing else is led to. */
  names?: readonly string[];
  user?: string;
  /** By the method "password". */
  password?: string;
  /** What is answered to the prompts of "keyboard-interactive", in their order. */
  answers?: readonly string[];
}

export interface SshServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: string;
  /** For known_hosts. */
  readonly hostLine: string;
  /** Methods that were tried, in order. */
  readonly tried: string[];
  /** Places that were asked for: "db.invalid:5432". */
  readonly led: string[];
  close(): Promise<void>;
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const { names = [], user = "deploy", password, answers } = options;
  const { private: hostKey, public: publicKey } = ssh2.utils.generateKeyPairSync("ed25519");
  const tried: string[] = [];
  const led: string[] = [];
  const connections = new Set<Connection>();

  function judge(context: AuthContext) {
    const allowed = [
      ...(password ? ["password"] : []),
      ...(answers ? ["keyboard-interactive"] : []),
    ];
    const refuse = () => context.reject(allowed as Parameters<typeof context.reject>[0]);
    if (context.method !== "none") tried.push(context.method);
    if (context.username !== user) return refuse();
    if (context.method === "password" && context.password === password) return context.accept();
    if (context.method !== "keyboard-interactive" || !answers) return refuse();
    const prompts = answers.map((_, index) => ({ prompt: `Question ${index + 1}: `, echo: false }));
    context.prompt(prompts, (given) =>
      given.join("\0") === answers.join("\0") ? context.accept() : refuse(),
    );
  }

  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    connections.add(client);
    client.on("close", () => connections.delete(client));
    client.on("error", () => {});
    client.on("authentication", judge);
    client.on("tcpip", (accept, reject, { destIP, destPort }) => {
      led.push(`${destIP}:${destPort}`);
      if (!names.includes(destIP)) return reject();
      const socket = connect(destPort, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        const stream = accept();
        socket.off("error", reject);
        socket.on("error", () => stream.close());
        stream.on("error", () => socket.destroy());
        stream.once("close", () => socket.destroySoon());
        socket.pipe(stream).pipe(socket);
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    ...{ host: "127.0.0.1", port, user, tried, led },
    hostLine: `[127.0.0.1]:${port} ${publicKey.split(" ").slice(0, 2).join(" ")}\n`,
    async close() {
      for (const client of connections) client.end();
      server.close();
      await once(server, "close");
    },
  };
}
