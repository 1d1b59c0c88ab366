/** The pasted cookies, one a line: signature, age and size. */
import type { PastedCookie } from "../../../shared/cookies.ts";
import { Badge } from "../../ui/Badge.tsx";
import { duration } from "../../ui/format.ts";
import { Text } from "../../ui/Text.tsx";

/** What Django makes of it, in a word; never by colour alone. */
export function stateOf(cookie: PastedCookie): {
  text: string;
  tone?: "active" | "expired" | "warning" | "danger";
} {
  if (cookie.content === null) return { text: "Not readable", tone: "danger" };
  if (cookie.signature === "invalid") return { text: "No key fits", tone: "danger" };
  if (cookie.expired) return { text: "Expired", tone: "expired" };
  if (cookie.signature === "unverified") return { text: "Not verified" };
  if (cookie.signature === "unsigned") return { text: "Not signed" };
  if (cookie.djangoSees) return { text: "Not taken", tone: "warning" };
  return { text: "Valid", tone: "active" };
}

export function CookieList({
  cookies,
  chosen,
  onChoose,
}: {
  cookies: PastedCookie[];
  chosen: PastedCookie | null;
  onChoose: (index: number) => void;
}) {
  return (
    <ul className="cookies-list">
      {cookies.map((cookie, index) => {
        const { text, tone } = stateOf(cookie);
        return (
          <li key={cookie.line}>
            <button
              type="button"
              aria-current={cookie === chosen ? "true" : undefined}
              onClick={() => onChoose(index)}
            >
              <Badge {...(tone && { tone })}>{text}</Badge>
              <span className="mono value">
                <Text value={cookie.value} max={60} />
              </span>
              <span className="dim">
                {cookie.age === null ? "" : `${duration(cookie.age * 1000)} old`}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
