/** The cookie Django would send with this session, attribute by attribute, and the header itself. */
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import type { CookieView } from "../../../shared/session.ts";
import { absolute, duration } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Text, visible } from "../../ui/Text.tsx";

const flag = (on: boolean): ReactNode =>
  on ? (
    <span className="st st-active">
      <Icon icon={Check} />
      set
    </span>
  ) : (
    <span className="dim">not set</span>
  );

export function CookieTab({ cookie }: { cookie: CookieView }) {
  return (
    <div className="pad">
      <dl className="kv">
        <dt>Name</dt>
        <dd className="mono">
          <Text value={cookie.name} />
        </dd>
        <dt>Value</dt>
        <dd className="mono wrap">
          <Text value={cookie.value} max={400} />
        </dd>
        <dt>Max-Age</dt>
        <dd>
          {cookie.maxAge === null ? (
            <span className="dim">not set, ends with the browser</span>
          ) : (
            <>
              {cookie.maxAge}{" "}
              <span className="dim">{duration(cookie.maxAge * 1000)} from each save</span>
            </>
          )}
        </dd>
        <dt>Ends in browser</dt>
        <dd>
          {cookie.expires === null ? (
            <span className="dim">when it is closed</span>
          ) : (
            absolute(cookie.expires, true)
          )}
        </dd>
        <dt>Domain</dt>
        <dd>
          {cookie.domain === null ? (
            <span className="dim">not set, this host only</span>
          ) : (
            <Text value={cookie.domain} />
          )}
        </dd>
        <dt>Path</dt>
        <dd className="mono">{cookie.path === null ? "not set" : <Text value={cookie.path} />}</dd>
        <dt>Secure</dt>
        <dd>{flag(cookie.secure)}</dd>
        <dt>HttpOnly</dt>
        <dd>{flag(cookie.httpOnly)}</dd>
        <dt>SameSite</dt>
        <dd>{cookie.sameSite ?? <span className="dim">not set</span>}</dd>
      </dl>
      {cookie.header && (
        <div>
          <p className="help head">Header that a save at this moment would send</p>
          <div className="well">
            {!cookie.header.startsWith("Set-Cookie") && "Set-Cookie: "}
            <Header text={cookie.header} />
          </div>
        </div>
      )}
      {cookie.notes.map((note) => (
        <Notice key={note}>{visible(note)}</Notice>
      ))}
    </div>
  );
}

/** Names plain, values coloured: `Set-Cookie: sessionid=…; Max-Age=1209600`. */
function Header({ text }: { text: string }) {
  return text.split(/(;\s*)/).map((part, index) => {
    const equals = part.indexOf("=");
    const key = `${index} ${part}`;
    if (equals < 0) return <Text key={key} value={part} />;
    const value = part.slice(equals + 1);
    const colour = /^\d+$/.test(value) ? "t-num" : /GMT$/.test(value) ? "t-time" : "t-str";
    return (
      <span key={key}>
        <Text value={part.slice(0, equals + 1)} />
        <span className={colour}>
          <Text value={value} max={4000} />
        </span>
      </span>
    );
  });
}
