/** Cookies of the signed_cookies engine: pasted, listed with what Django makes of them, and one of them in full. */
import { Cookie } from "lucide-react";
import { useEffect, useState } from "react";
import type { CookieSite, PastedCookie } from "../../../shared/cookies.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, isAbort, problemOf } from "../../client.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Field, Input, useField } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { CookieDetail } from "./CookieDetail.tsx";
import { CookieList } from "./CookieList.tsx";
import "./cookies.css";

/** ms after the last key until what is typed is read. */
const PAUSE = 200;

function PasteBox({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <span className="input mono paste">
      <textarea
        {...useField()}
        rows={6}
        spellCheck={false}
        autoComplete="off"
        value={value}
        placeholder="sessionid=eyJ…"
        onChange={(event) => onChange(event.target.value)}
      />
    </span>
  );
}

interface Read {
  cookies: PastedCookie[];
  problem: Problem | null;
}

function useCookies(text: string, site: CookieSite): Read {
  const [read, setRead] = useState<Read>({ cookies: [], problem: null });
  const asked = JSON.stringify(site);
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const timer = setTimeout(() => {
      client.cookies.read({ text, site: JSON.parse(asked) as CookieSite }, { signal }).then(
        ({ cookies }) => !signal.aborted && setRead({ cookies, problem: null }),
        (error: unknown) =>
          !signal.aborted && !isAbort(error) && setRead({ cookies: [], problem: problemOf(error) }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, asked]);
  return read;
}

/** Typed values stay on the page, and are gone with it. */
export function CookiesView() {
  const store = useCurrentStore();
  const [text, setText] = useState("");
  const [secretKey, setSecretKey] = useState("");
  const [name, setName] = useState("");
  const [age, setAge] = useState("");
  const [chosen, setChosen] = useState(0);
  const seconds = Number(age);
  const ageProblem =
    age !== "" && !(Number.isInteger(seconds) && seconds >= 0)
      ? { message: "A whole number of seconds." }
      : null;
  const site: CookieSite = {
    ...(store && { connection: store.connection.id }),
    ...(secretKey && { secretKey }),
    settings: {
      ...(name && { SESSION_COOKIE_NAME: name }),
      ...(age !== "" && !ageProblem && { SESSION_COOKIE_AGE: seconds }),
    },
  };
  const { cookies, problem } = useCookies(text, site);
  const cookie = cookies[Math.min(chosen, cookies.length - 1)];
  const known = store?.keys.secretKey ?? false;
  return (
    <div className="cookies">
      <section className="cookies-paste" aria-label="Pasted cookies">
        <header className="panehead">
          <h1>Cookies</h1>
          <span className="dim" role="status">
            {cookies.length > 0 ? plural(cookies.length, "cookie") : ""}
          </span>
        </header>
        <div className="cookies-form">
          <Field
            label="Values"
            hint="One a line: values, name=value, Cookie or Set-Cookie headers."
          >
            <PasteBox
              value={text}
              onChange={(value) => {
                setText(value);
                setChosen(0);
              }}
            />
          </Field>
          <Field
            label="SECRET_KEY"
            hint={
              known
                ? "Empty: the open connection's. Used for this page alone."
                : "Empty: signatures are not verified. Used for this page alone."
            }
          >
            <Input
              type="password"
              mono
              value={secretKey}
              onChange={(event) => setSecretKey(event.target.value)}
            />
          </Field>
          <div className="cookies-two">
            <Field label="Cookie name">
              <Input
                mono
                value={name}
                placeholder={store?.settings.SESSION_COOKIE_NAME ?? "sessionid"}
                onChange={(event) => setName(event.target.value)}
              />
            </Field>
            <Field label="SESSION_COOKIE_AGE" problem={ageProblem}>
              <Input
                unit="s"
                inputMode="numeric"
                value={age}
                placeholder={String(store?.settings.SESSION_COOKIE_AGE ?? 1_209_600)}
                onChange={(event) => setAge(event.target.value)}
              />
            </Field>
          </div>
        </div>
        {problem && <ProblemNotice problem={problem} />}
        <CookieList cookies={cookies} chosen={cookie ?? null} onChoose={setChosen} />
      </section>
      <ScrollRegion label="Cookie" className="cookies-detail">
        {cookie ? (
          <CookieDetail key={`${cookie.line} ${cookie.value}`} cookie={cookie} site={site} />
        ) : (
          <EmptyState icon={Cookie} title="No cookie is pasted">
            With SESSION_ENGINE signed_cookies the cookie is the session: it is decoded, verified
            and signed again here. Nothing is stored.
          </EmptyState>
        )}
      </ScrollRegion>
    </div>
  );
}
