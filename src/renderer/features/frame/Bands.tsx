/** Lines across the top of a view: the host is gone, the store is gone, the listing is partial. */
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import { client, problemOf, retryHost, useHost } from "../../client.ts";
import { type Lost, touch, useApp } from "../../state/app.ts";
import { fullName, putStore, useCurrentStore, useLost } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { clock, factText } from "../../ui/format.ts";
import { Band } from "../../ui/Notice.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { useNow } from "../../ui/useNow.ts";

/** Shown on every screen while the host cannot be reached. */
export function HostBand() {
  const { status, attempt, lostAt, nextAt, noToken } = useHost();
  const now = useNow(500);
  if (status !== "lost") return null;
  if (noToken)
    return (
      <Band tone="danger">
        Not connected to Sessionscope.
        <small>
          Open the link that it printed when it started: it holds the token of this run.
        </small>
      </Band>
    );
  const wait = nextAt === null ? "now" : `in ${Math.max(0, Math.ceil((nextAt - now) / 1000))} s`;
  return (
    <Band tone="danger" live={false} action={<Button onClick={retryHost}>Retry now</Button>}>
      <span role="alert">
        Host stopped{lostAt === null ? "" : ` at ${clock(new Date(lostAt).toISOString())} UTC`}.
      </span>
      <small>
        Next attempt {wait}, attempt {attempt}. What is shown was read before; nothing is changed
        meanwhile.
        {attempt > 3 && " If Sessionscope was started again, open the link it printed then."}
      </small>
    </Band>
  );
}

async function reconnect(connection: string): Promise<void> {
  try {
    putStore(await client.connections.open({ connection }));
    touch();
  } catch (error) {
    const problem = problemOf(error);
    showToast({ text: [problem.message, problem.hint].filter(Boolean).join(" "), tone: "danger" });
  }
}

/** An open store that cannot be reached: tries go on by themselves in the host. */
function LostBand({ store, lost }: { store: OpenStore; lost: Lost }) {
  const now = useNow(500);
  const [busy, setBusy] = useState(false);
  const unsaved = useApp((state) => state.unsaved);
  const retry = async () => {
    setBusy(true);
    try {
      await client.connections.reconnect({ connection: store.connection.id });
    } catch (error) {
      showToast({ text: problemOf(error).message, tone: "danger" });
    }
    setBusy(false);
  };
  const left = lost.nextAt === null ? 0 : Math.ceil((Date.parse(lost.nextAt) - now) / 1000);
  const next = busy || left <= 0 ? "now" : `in ${left} s`;
  return (
    <Band
      tone="danger"
      live={false}
      action={
        <Button onClick={() => void retry()} disabled={busy}>
          Retry now
        </Button>
      }
    >
      <span role="alert">
        Connection to <Text value={fullName(store.connection)} max={80} /> lost at{" "}
        {clock(new Date(lost.since).toISOString())} UTC.
      </span>
      <small>
        Next attempt {next}, attempt {lost.attempt + 1}. Rows below were read before; writes wait
        until it is back{unsaved ? ", unsaved edits stay" : ""}.{" "}
        {lost.problem && <Text value={lost.problem.message} max={200} />}
      </small>
    </Band>
  );
}

/** What a project's settings say against the store. */
function FindingsBand({ connection }: { connection: string }) {
  const findings = useApp((state) => state.findings[connection]);
  const warnings = findings?.filter((finding) => finding.level === "warning") ?? [];
  if (warnings.length === 0) return null;
  const dismiss = () =>
    useApp.setState(({ findings }) => ({ findings: { ...findings, [connection]: [] } }));
  return (
    <Band tone="warning" action={<Button onClick={dismiss}>Dismiss</Button>}>
      The project's settings and this store contradict each other.
      {warnings.map((finding) => (
        <small key={finding.title}>
          {visible(finding.title)}: <Text value={finding.text} max={400} />
        </small>
      ))}
    </Band>
  );
}

export function Bands() {
  const store = useCurrentStore();
  const lost = useLost();
  const problem = useApp((state) => (state.current ? state.closed[state.current] : undefined));
  const view = useApp((state) => state.view);
  return (
    <>
      <HostBand />
      {problem && store && (
        <Band
          tone="danger"
          action={<Button onClick={() => reconnect(store.connection.id)}>Connect again</Button>}
        >
          Connection to <Text value={store.connection.name} /> lost: {visible(problem.message)}
          <small>{problem.hint ?? "What is shown was read before."}</small>
        </Band>
      )}
      {store && lost && !problem && <LostBand store={store} lost={lost} />}
      {store && view !== "bin" && <FindingsBand connection={store.connection.id} />}
      {store?.capabilities.partial && view !== "bin" && (
        <Band tone="warning" icon={TriangleAlert}>
          {factText(visible(store.capabilities.partial))}
          <small>Any session can be opened by its key with Ctrl+K.</small>
        </Band>
      )}
    </>
  );
}
