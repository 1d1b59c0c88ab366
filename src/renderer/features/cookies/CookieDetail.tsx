/** One cookie in full: what Django makes of it, its content as text, and signing it again. */
import { Copy, PenLine } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { CookieSite, PastedCookie } from "../../../shared/cookies.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Button } from "../../ui/Button.tsx";
import { Field, useField } from "../../ui/Field.tsx";
import { absolute, count, duration } from "../../ui/format.ts";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { stateOf } from "./CookieList.tsx";

const signatures = {
  valid: "Fits the current key.",
  invalid: "Fits no key.",
  unverified: "Not verified: no key is known.",
  unsigned: "It has none.",
};

const signatureText = (signature: PastedCookie["signature"]): string =>
  signature in signatures
    ? signatures[signature as keyof typeof signatures]
    : `Fits ${signature.replace(":", " ")} of SECRET_KEY_FALLBACKS.`;

function Facts({ cookie }: { cookie: PastedCookie }) {
  const { signedAt, ends, age, size, limit } = cookie;
  const rows: [string, ReactNode][] = [
    ["Signature", signatureText(cookie.signature)],
    [
      "Signed",
      signedAt === null
        ? "No readable time."
        : `${absolute(signedAt, true)}${age === null ? "" : age < 0 ? `, ${duration(age * 1000)} ahead of this clock` : `, ${duration(age * 1000)} ago`}`,
    ],
    [
      cookie.expired ? "Ended" : "Ends",
      ends === null
        ? "Unknown."
        : `${absolute(ends, true)}: SESSION_COOKIE_AGE after it was signed. Logging out does not end a copy.`,
    ],
    ["Size", `${count(size)} of ${count(limit)} bytes with its name`],
    ["Form", `${cookie.serializer ?? "unknown"}${cookie.compressed ? ", compressed by zlib" : ""}`],
  ];
  return (
    <dl className="cookies-facts">
      {rows.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Content({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <span className="input mono content">
      <textarea
        {...useField()}
        rows={12}
        spellCheck={false}
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </span>
  );
}

const copy = (text: string): void => {
  navigator.clipboard.writeText(text).then(
    () => showToast({ text: "Copied." }),
    () => showToast({ text: "The clipboard cannot be written here.", tone: "warning" }),
  );
};

export function CookieDetail({ cookie, site }: { cookie: PastedCookie; site: CookieSite }) {
  const [text, setText] = useState(cookie.text ?? "{}");
  const [signed, setSigned] = useState<PastedCookie | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const state = stateOf(cookie);
  const sign = async (resign: boolean) => {
    try {
      setSigned(await client.cookies.sign({ text, original: cookie.value, resign, site }));
      setProblem(null);
    } catch (error) {
      setSigned(null);
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <h2>
        <Badge {...(state.tone && { tone: state.tone })}>{state.text}</Badge>
        {visible(cookie.name)}
      </h2>
      {cookie.djangoSees && <Notice tone="warning">{cookie.djangoSees}</Notice>}
      {cookie.problem && cookie.problem.code !== "bad_signature" && (
        <ProblemNotice problem={cookie.problem} />
      )}
      {cookie.tooLarge && (
        <Notice tone="warning">Browsers drop a cookie of this size without a word.</Notice>
      )}
      <Facts cookie={cookie} />
      <Field label="Content" hint="Tagged JSON, as it is signed.">
        <Content value={text} onChange={setText} />
      </Field>
      <div className="cookies-actions">
        <Button variant="primary" icon={PenLine} onClick={() => void sign(false)}>
          Sign again
        </Button>
        {problem?.code === "bad_signature" && (
          <Button variant="danger-quiet" onClick={() => void sign(true)}>
            Sign all the same
          </Button>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {signed && (
        <section className="cookies-signed" aria-label="Signed cookie">
          <code className="mono">{signed.value}</code>
          <div className="cookies-actions">
            <Button icon={Copy} onClick={() => copy(signed.value)}>
              Copy value
            </Button>
            <span className="dim" role="status">
              {`Signed. ${count(signed.size)} of ${count(signed.limit)} bytes.`}
            </span>
          </div>
          {signed.tooLarge && (
            <Notice tone="warning" live>
              Browsers drop a cookie of this size without a word.
            </Notice>
          )}
        </section>
      )}
    </>
  );
}
