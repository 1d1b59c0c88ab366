/** An SSH host that is not known: its key is compared by a person, and accepted or refused. */
import { useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Text } from "../../ui/Text.tsx";

export function HostKeyDialog() {
  const asked = useApp((state) => state.hostKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!asked) return null;
  const { host, port, type, fingerprint, key } = asked.key;
  const close = () => {
    setProblem(null);
    useApp.setState({ hostKey: null });
  };
  const accept = async () => {
    setBusy(true);
    try {
      await client.connections.acceptHostKey({ host, port, key });
      close();
      asked.again();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  return (
    <Dialog
      title="Unknown SSH host"
      onClose={close}
      onSubmit={() => void accept()}
      buttons={
        <>
          <Button large data-autofocus onClick={close}>
            Refuse
          </Button>
          <Button large type="submit" variant="primary" disabled={busy}>
            Accept this key
          </Button>
        </>
      }
    >
      <p>
        <Text value={`${host}, port ${port}`} max={200} /> is in no known_hosts file. Nothing was
        sent to it yet. Compare this fingerprint with the one the host itself shows (
        <code className="mono">ssh-keygen -lf</code> on its key file).
      </p>
      <dl className="hostkey">
        <dt>Kind of key</dt>
        <dd>
          <code className="mono">
            <Text value={type} max={80} />
          </code>
        </dd>
        <dt>Fingerprint</dt>
        <dd>
          <code className="mono">
            <Text value={fingerprint} max={120} />
          </code>
        </dd>
      </dl>
      <p className="soft">
        Accepted, it is written to the known_hosts of this app. Should the host show another key
        later, it is refused.
      </p>
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}
