/**
 * The system's credential store for the host, which has no Electron: asked over the host's parent port, one message a
 * request and one an answer.
 *
 *     {type: "credentials", id: 7, op: "state" | "encrypt" | "decrypt", data: "…"}
 *     {type: "credentials", id: 7, ok: true, result: …}   or   {…, ok: false}
 *
 * Encrypted data is base64. The Linux backend basic_text has a password everybody knows, so it is refused.
 */
import { safeStorage } from "electron";

interface Request {
  type: "credentials";
  id: number;
  op: "state" | "encrypt" | "decrypt";
  data: string;
}

const isRequest = (message: unknown): message is Request =>
  typeof message === "object" &&
  message !== null &&
  Reflect.get(message, "type") === "credentials" &&
  typeof Reflect.get(message, "id") === "number" &&
  typeof Reflect.get(message, "data") === "string";

const names: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "the keychain",
  win32: "Windows' data protection",
};

/** Whether secrets can be kept, and where or why not. */
export async function credentialState(
  platform: NodeJS.Platform = process.platform,
): Promise<{ kept: boolean; text: string }> {
  const available = await safeStorage.isAsyncEncryptionAvailable();
  const backend = platform === "linux" ? safeStorage.getSelectedStorageBackend() : null;
  if (backend === "basic_text" || backend === "unknown")
    return {
      kept: false,
      text: "This desktop has no credential store (GNOME Keyring or KWallet), so secrets are held in memory until the app ends.",
    };
  if (!available)
    return {
      kept: false,
      text: "The system's credential store is not available, so secrets are held in memory until the app ends.",
    };
  return { kept: true, text: `Secrets are encrypted with a key in ${names[platform] ?? backend}.` };
}

async function answer({ op, data }: Request): Promise<unknown> {
  if (op === "state") return credentialState();
  if (!(await credentialState()).kept) throw new Error("No credential store.");
  if (op === "encrypt") return (await safeStorage.encryptStringAsync(data)).toString("base64");
  return (await safeStorage.decryptStringAsync(Buffer.from(data, "base64"))).result;
}

interface Host {
  on(event: "message", listener: (message: unknown) => void): unknown;
  postMessage(message: unknown): void;
}

/** Answers a host's requests for as long as it lives. Why one failed stays here: it could quote a secret. */
export function serveCredentials(host: Host): void {
  host.on("message", (message) => {
    if (!isRequest(message)) return;
    const { type, id } = message;
    answer(message).then(
      (result) => host.postMessage({ type, id, ok: true, result }),
      () => host.postMessage({ type, id, ok: false }),
    );
  });
}
