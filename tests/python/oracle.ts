/** A Python process that answers questions over its standard input, one line each. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { djangoPython } from "../django/python.ts";

export interface Oracle {
  /** The answer to one request of oracle.py; rejects when the process ends. */
  ask(request: object): Promise<unknown>;
  /** A pickle of a Python expression, by protocol. */
  pickles(expression: string, imports?: string[], setup?: string): Promise<Buffer[]>;
  /** repr of an expression over x, the value of a pickle. */
  evaluate(pickle: Uint8Array, expression: string, imports?: string[]): Promise<string>;
  close(): void;
}

export function startOracle(): Oracle {
  const child = spawn(djangoPython().python, [`${import.meta.dirname}/oracle.py`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { answer, error } = JSON.parse(line) as { answer?: unknown; error?: string };
    const asked = waiting.shift();
    if (error === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(`Python answers ${error}`));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`Python ended with ${code}`));
  });
  const ask = (request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  return {
    ask,
    async pickles(expression, imports = [], setup = "") {
      const texts = await ask({ op: "evaluate", expression, imports, setup });
      return (texts as string[]).map((text) => Buffer.from(text, "base64"));
    },
    async evaluate(pickle, expression, imports = []) {
      const text = Buffer.from(pickle).toString("base64");
      return String(await ask({ op: "evaluate", pickle: text, expression, imports }));
    },
    close: () => child.stdin.end(),
  };
}
