/** Unlocking writes on one connection; production asks for its name. */
import { LockOpen } from "lucide-react";
import { useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import { fullName, putStore } from "../../state/stores.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { Button } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Text } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";

export function UnlockDialog({ store }: { store: OpenStore }) {
  const { connection } = store;
  const production = connection.environment === "production";
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const close = () => useApp.setState({ unlockOpen: false });
  const matches = !production || name === connection.name;
  const unlock = async () => {
    if (!matches || busy) return;
    setBusy(true);
    try {
      putStore(
        await client.connections.unlock({
          connection: connection.id,
          ...(production ? { confirmName: name } : {}),
        }),
      );
      close();
      showToast({ text: `Writes unlocked on ${connection.name}.` });
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={
        <>
          <Icon icon={LockOpen} />
          Unlock writes
          <EnvBadge environment={connection.environment} />
        </>
      }
      production={production}
      onClose={close}
      onSubmit={() => void unlock()}
      buttons={
        <>
          <Button large onClick={close}>
            Keep read-only
          </Button>
          <Button
            large
            type="submit"
            variant="primary"
            disabled={!matches || busy}
            title={matches ? undefined : "The name typed does not match yet."}
            {...(production ? {} : { "data-autofocus": true })}
          >
            Unlock writes
          </Button>
        </>
      }
    >
      <p>
        Edits, deletions and purges become possible on <Text value={fullName(connection)} /> until
        writes lock again by themselves. Every change can be put back from the recycle bin.
      </p>
      {production && (
        <ConfirmByName name={connection.name} value={name} onChange={setName} autoFocus />
      )}
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}
