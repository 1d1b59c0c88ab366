/** The first two steps to a server, taken by themselves: its name looked up, and a TCP connection made. */
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { problem } from "../problem.ts";

const timeoutMs = 10_000;

interface Reached {
  step: "lookup" | "tcp";
  text: string;
}

/** Each step once it is taken. cannot_open, `detail.step` being "lookup" or "tcp". */
export async function* reach(host: string, port: number): AsyncGenerator<Reached, void> {
  const found = await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => {
    throw problem("cannot_open", `No address is known for the name ${host}.`, undefined, {
      step: "lookup",
      code: error.code,
    });
  });
  yield { step: "lookup", text: found.map(({ address }) => address).join(", ") };
  await answers(host, port);
  yield { step: "tcp", text: `${host}:${port} answers.` };
}

function answers(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const fail = (text: string, code: string | undefined) => {
      socket.destroy();
      reject(problem("cannot_open", `${host}:${port} ${text}`, undefined, { step: "tcp", code }));
    };
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => fail("gave no answer in time.", "ETIMEDOUT"));
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      fail(code === "ECONNREFUSED" ? "refuses connections." : `cannot be reached (${code}).`, code),
    );
  });
}
