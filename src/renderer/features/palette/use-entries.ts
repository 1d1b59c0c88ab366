/** What the palette lists for the text typed: users by name, a session by its key, commands. */
import { Funnel, KeyRound, User } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import { client } from "../../client.ts";
import { type AppState, go, select, setFilter } from "../../state/app.ts";
import { relative } from "../../ui/format.ts";
import { type Command, commands, logoutCommand } from "./commands.ts";

export interface Group {
  title: string;
  entries: Command[];
}

interface Answer {
  text: string;
  users: { id: string; name: string }[];
  session: { state: string; expires: string | null } | "none" | null;
}

const nothing: Answer = { text: "", users: [], session: null };

/** A whole session key as Django makes them; others can be pasted too, if they are as long. */
const wholeKey = /^[A-Za-z0-9_-]{16,64}$/;

export function useEntries(text: string, state: AppState, store: OpenStore | null): Group[] {
  const answer = useAnswer(text.trim(), store);
  return useMemo(() => {
    const typed = text.trim();
    const groups: Group[] = [];
    const answered = answer.text === typed;
    // A whole key can be gone to before the store has answered: the inspector says where it is gone.
    const whole = wholeKey.test(typed);
    if (store && whole) groups.push(sessionGroup(typed, answered ? answer.session : null));
    if (store && answered && answer.users.length > 0) groups.push(userGroup(answer.users));
    const matching = commands(state, store).filter((command) => contains(command.text, typed));
    if (store && typed && !typed.includes(" ")) {
      const [user] = answer.text === typed ? answer.users : [];
      if (user) matching.push(logoutCommand(user, store));
      if (!whole) matching.push(...filters(typed));
    }
    if (matching.length > 0) groups.push({ title: "Commands", entries: matching.slice(0, 14) });
    return groups;
  }, [text, state, store, answer]);
}

const contains = (text: string, typed: string): boolean =>
  typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));

const showFiltered = (filter: string) => () => {
  go("sessions");
  setFilter(filter);
};

const userGroup = (users: Answer["users"]): Group => ({
  title: "Users",
  entries: users.slice(0, 6).map((user) => ({
    id: `user ${user.id}`,
    text: user.name,
    icon: User,
    note: `user ${user.id}`,
    run: showFiltered(`user:${quoted(user.name)}`),
  })),
});

function sessionNote(found: NonNullable<Answer["session"]>): string {
  if (found === "none") return "not in this store";
  return found.expires ? `${found.state}, ${relative(found.expires, Date.now())}` : found.state;
}

const sessionGroup = (key: string, found: Answer["session"]): Group => ({
  title: "Sessions by key",
  entries: [
    {
      id: "session",
      text: key,
      icon: KeyRound,
      ...(found ? { note: sessionNote(found) } : {}),
      run: () => {
        go("sessions");
        select(key);
      },
    },
  ],
});

const filters = (typed: string): Command[] => [
  {
    id: "filter user",
    text: `Filter user:${typed}`,
    icon: Funnel,
    run: showFiltered(`user:${quoted(typed)}`),
  },
  {
    id: "filter key",
    text: `Filter session keys with ${typed}`,
    icon: Funnel,
    run: showFiltered(quoted(typed)),
  },
];

const quoted = (value: string): string =>
  /[\s":]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value;

function useAnswer(typed: string, store: OpenStore | null): Answer {
  const [answer, setAnswer] = useState<Answer>(nothing);
  const connection = store?.connection.id ?? null;
  const knowsUsers = store?.capabilities.users ?? false;
  useEffect(() => {
    if (connection === null || typed === "") return;
    const abort = new AbortController();
    const { signal } = abort;
    const ask = async () => {
      const [users, session] = await Promise.all([
        knowsUsers
          ? client.users.find({ connection, text: typed }, { signal }).catch(() => [])
          : [],
        wholeKey.test(typed)
          ? client.sessions.get({ connection, key: typed }, { signal }).then(
              ({ row }) => ({ state: row.state, expires: row.expires }),
              () => "none" as const,
            )
          : null,
      ]);
      if (!signal.aborted) setAnswer({ text: typed, users, session });
    };
    const timer = setTimeout(() => void ask(), 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [typed, connection, knowsUsers]);
  return answer;
}
