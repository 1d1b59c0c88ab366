/** The host's side of the system's credential store: what src/main/shell/credentials.ts answers, as a Vault. */
import type { Vault } from "../workspace/credentials.ts";

interface Shell {
  on(event: "message", listener: (message: { data: unknown }) => void): unknown;
  postMessage(message: unknown): void;
}

/** A keychain may ask the user for a password first. */
const patienceMs = 120_000;

export function shellVault(shell: Shell): Vault {
  const waiting = new Map<number, (answer: { ok: boolean; result: unknown }) => void>();
  let last = 0;
  shell.on("message", ({ data }) => {
    if (typeof data !== "object" || data === null || Reflect.get(data, "type") !== "credentials")
      return;
    const id: unknown = Reflect.get(data, "id");
    if (typeof id !== "number") return;
    const take = waiting.get(id);
    waiting.delete(id);
    take?.({ ok: Reflect.get(data, "ok") === true, result: Reflect.get(data, "result") });
  });

  function ask(op: "state" | "encrypt" | "decrypt", data = ""): Promise<unknown> {
    const id = ++last;
    return new Promise((resolve, reject) => {
      const refuse = () => reject(new Error("The credential store did not do it."));
      const timer = setTimeout(() => {
        waiting.delete(id);
        refuse();
      }, patienceMs).unref();
      waiting.set(id, ({ ok, result }) => {
        clearTimeout(timer);
        if (ok) resolve(result);
        else refuse();
      });
      shell.postMessage({ type: "credentials", id, op, data });
    });
  }

  const text = async (op: "encrypt" | "decrypt", data: string): Promise<string> => {
    const result = await ask(op, data);
    if (typeof result !== "string") throw new Error("The credential store gave no text.");
    return result;
  };

  return {
    async state() {
      const found = await ask("state").catch(() => null);
      const kept =
        typeof found === "object" && found !== null && Reflect.get(found, "kept") === true;
      const why: unknown = found === null ? null : Reflect.get(found as object, "text");
      return {
        kept,
        text: typeof why === "string" ? why : "The system's credential store does not answer.",
      };
    },
    encrypt: (plain) => text("encrypt", plain),
    decrypt: (encrypted) => text("decrypt", encrypted),
  };
}
