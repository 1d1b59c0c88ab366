/**
 * The page's one way to the host: the contract's client over a link that is replaced when the host comes back.
 * Under the headless host a WebSocket with the run's token, under Electron a MessagePort handed in by preload.
 */
import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { create } from "zustand";
import type { Contract } from "../shared/contract.ts";
import { type Problem, problemSchema } from "../shared/problem.ts";

export type Client = ContractRouterClient<Contract>;
type Call = (path: readonly string[], input: unknown, options: never) => Promise<unknown>;

/** Opens a link once; `closed` is called once when it ends. A transport may hand out many links over time. */
export interface Transport {
  open(events: { opened: (call: Call) => void; closed: () => void }): void;
}

export interface HostState {
  status: "connecting" | "open" | "lost";
  /** Attempts since the host went away. */
  attempt: number;
  lostAt: number | null;
  /** When the next attempt is made, ms since 1970. */
  nextAt: number | null;
  /** The page was opened without the run's token, so there is nothing to try. */
  noToken: boolean;
}

export const useHost = create<HostState>(() => ({
  status: "connecting",
  attempt: 0,
  lostAt: null,
  nextAt: null,
  noToken: false,
}));

/** The token of this run: from the address, then kept for reloads of this tab; else from the page. */
function token(): string | null {
  const found = /[#&]token=([^&]+)/.exec(location.hash)?.[1];
  if (found) {
    sessionStorage.setItem("sessionscope-token", found);
    history.replaceState(null, "", location.pathname + location.search);
    return found;
  }
  const meta = document.querySelector<HTMLMetaElement>('meta[name="sessionscope-token"]')?.content;
  return meta || sessionStorage.getItem("sessionscope-token");
}

/** `ws://host/rpc?token=...` on the page's own origin. */
function socketTransport(url: string): Transport {
  return {
    open({ opened, closed }) {
      const websocket = new WebSocket(url);
      // Before the link's own: what fails with the socket is then known to fail for that.
      websocket.addEventListener("close", closed, { once: true });
      const link = new SocketLink({ websocket });
      websocket.addEventListener("open", () => opened(link.call.bind(link) as Call));
    },
  };
}

/**
 * Ports come by themselves: one at the start, another each time the host was started again. One that comes before it is
 * asked for is kept and asks.
 */
function portTransport(): Transport {
  let spare: MessagePort | null = null;
  let take: ((port: MessagePort) => void) | null = null;
  let end: (() => void) | null = null;
  addEventListener("message", (event: MessageEvent) => {
    if (event.source !== window) return;
    if (event.data?.type === "sessionscope-host-gone") end?.();
    const port = event.ports[0];
    if (event.data?.type !== "sessionscope-port" || !port) return;
    if (take) return take(port);
    spare = port;
    end?.();
    retryHost();
  });
  return {
    open({ opened, closed }) {
      take = (port) => {
        take = null;
        end = () => {
          end = null;
          closed();
          port.close();
        };
        port.addEventListener("close", () => end?.(), { once: true });
        const link = new PortLink({ port });
        port.start();
        opened(link.call.bind(link) as Call);
      };
      const kept = spare;
      spare = null;
      if (kept) take(kept);
    },
  };
}

class HostGone extends Error {}

let current: Call | null = null;
let waiting: { resolve: (call: Call) => void; reject: (error: Error) => void }[] = [];
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let attemptNow: () => void = () => {};

/** Tries at once instead of waiting for the countdown. */
export function retryHost(): void {
  clearTimeout(retryTimer);
  attemptNow();
}

/** Seconds between attempts grow to 10; calls made meanwhile fail at once, those before the first link wait. */
function createClient(transport: Transport): Client {
  attemptNow = () => {
    useHost.setState({ nextAt: null });
    transport.open({
      opened(call) {
        current = call;
        useHost.setState({
          status: "open",
          attempt: 0,
          lostAt: null,
          nextAt: null,
          noToken: false,
        });
        for (const waiter of waiting) waiter.resolve(call);
        waiting = [];
      },
      closed() {
        current = null;
        const { attempt, lostAt } = useHost.getState();
        const delay = Math.min(10_000, 1000 * 2 ** attempt);
        useHost.setState({
          status: "lost",
          attempt: attempt + 1,
          lostAt: lostAt ?? Date.now(),
          nextAt: Date.now() + delay,
        });
        for (const waiter of waiting) waiter.reject(new HostGone());
        waiting = [];
        retryTimer = setTimeout(attemptNow, delay);
      },
    });
  };
  attemptNow();
  return createORPCClient<Client>({
    async call(path, input, options) {
      const link =
        current ??
        (useHost.getState().status === "lost"
          ? null
          : await new Promise<Call>((resolve, reject) => waiting.push({ resolve, reject })));
      if (!link) throw new HostGone();
      return link(path, input, options as never);
    },
  });
}

const hostGone: Problem = {
  code: "stopped",
  message: "The host is not reachable, so nothing was done.",
  hint: "It is tried again by itself. Sessionscope has to be running.",
};

/** Any failure of a call as a problem to show. A bug on the host says so, with its own words in `detail.message`. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ORPCError) {
    const typed = problemSchema.safeParse(error.data);
    if (error.code === "PROBLEM" && typed.success) return typed.data;
    if (error.code === "BAD_REQUEST")
      return {
        code: "bad_request",
        message: "The request was refused: a value is out of its range.",
        detail: { message: error.message, issues: error.data?.issues },
      };
    return {
      code: "store_failed",
      message: "The host failed in a way it does not know.",
      detail: { message: error.message },
    };
  }
  if (error instanceof HostGone || useHost.getState().status === "lost") return hostGone;
  return {
    code: "store_failed",
    message: "Something failed in the page itself.",
    detail: { message: error instanceof Error ? error.message : String(error) },
  };
}

/** Ending an iteration by hand ends in this; it is no failure. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function defaultTransport(): Transport {
  const key = token();
  if (!key) {
    // Electron hands its port in within a moment of the start.
    setTimeout(() => {
      if (useHost.getState().status === "connecting")
        useHost.setState({ status: "lost", noToken: true });
    }, 5000);
    return portTransport();
  }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return socketTransport(`${scheme}://${location.host}/rpc?token=${encodeURIComponent(key)}`);
}

export const client: Client = createClient(defaultTransport());

/** What a stream of the host is for. */
export interface Follower<T> {
  each: (value: T) => void;
  end?: () => void;
  fail?: (problem: Problem) => void;
}

/**
 * Follows what the host sends over time, until it ends or is stopped. Returns what stops it; nothing is called after
 * that. Meant as the body of an effect.
 */
export function follow<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  { each, end, fail }: Follower<T>,
): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const run = async () => {
    for await (const value of await open(signal)) {
      if (signal.aborted) return;
      each(value);
    }
    if (!signal.aborted) end?.();
  };
  run().catch((error: unknown) => {
    if (!signal.aborted) fail?.(problemOf(error));
  });
  return () => controller.abort();
}
