/** Lines across the top of a view: the host is gone, the store is gone, the listing is partial. */
import { TriangleAlert } from "lucide-react";
import { client, problemOf, retryHost, useHost } from "../../client.ts";
import { putStore, touch, useApp, useCurrentStore } from "../../state.ts";
import { Button } from "../../ui/Button.tsx";
import { clock } from "../../ui/format.ts";
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

export function Bands() {
  const store = useCurrentStore();
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
      {store?.capabilities.partial && view !== "bin" && (
        <Band tone="warning" icon={TriangleAlert}>
          {store.capabilities.partial}
        </Band>
      )}
    </>
  );
}
