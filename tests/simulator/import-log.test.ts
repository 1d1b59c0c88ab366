/** HAR files and access logs as requests. */
import { describe, expect, test } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { readLog } from "../../src/main/simulator/import-log.ts";
import { tellRun } from "../../src/main/simulator/story.ts";
import { scenarioOf } from "../../src/main/simulator/wire.ts";

const read = (text: string) => readLog({ text, name: "", settings: {} });

function problemOf(text: string): object {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("no problem");
}

const line = (time: string, request: string, status = 200, who = "10.0.0.1") =>
  `${who} - alice [${time}] "${request} HTTP/1.1" ${status} 512 "-" "Mozilla/5.0"`;

describe("an access log", () => {
  test("becomes requests with their times, logins and logouts", async () => {
    const { kind, scenario, requests, problemCount } = read(
      [
        line("20/Nov/2026:12:00:00 +0200", "GET /"),
        line("20/Nov/2026:12:00:05 +0200", "POST /accounts/login/?next=/", 302),
        '10.0.0.1 - - [20/Nov/2026:10:31:00 +0000] "GET /account/ HTTP/2.0" 200 77',
        line("20/Nov/2026:10:40:00 +0000", "POST /accounts/logout/", 302),
      ].join("\n"),
    );
    expect({ kind, requests, problemCount }).toEqual({
      kind: "access",
      requests: 4,
      problemCount: 0,
    });
    expect(scenario.start).toBe("2026-11-20T10:00:00.000Z");
    expect(scenario.steps.map(({ at }) => at)).toEqual([0, 5, 1860, 2400]);
    expect(scenario.steps[1]?.request).toMatchObject({
      method: "POST",
      path: "/accounts/login/",
      status: 302,
      actions: [{ op: "login" }],
    });
    const { verdict, lanes } = await tellRun(scenarioOf(scenario));
    expect(verdict.loggedOutAt).toBeNull();
    expect(lanes.signedIn).toMatchObject([{ from: 5, to: 2400 }]);
  });

  test("takes the busiest client and says what it left out, with the line", () => {
    const { requests, problems } = read(
      [
        line("20/Nov/2026:12:00:00 +0200", "GET /", 200, "10.0.0.2"),
        "not a line",
        line("32/Nov/2026:12:00:00 +0200", "GET /"),
        line("20/Nov/2026:12:00:01 +0200", "GET /a"),
        line("20/Nov/2026:12:00:02 +0200", "GET /b"),
      ].join("\n"),
    );
    expect(requests).toBe(2);
    expect(problems.map(({ place }) => place)).toEqual(["line 2", "line 3", "file"]);
    expect(problems[1]?.problem.message).toContain("32/Nov/2026");
  });

  test("is bounded", () => {
    const lines = Array.from({ length: 10_500 }, (_, at) =>
      line(
        `20/Nov/2026:12:${String(Math.floor(at / 60) % 60).padStart(2, "0")}:00 +0000`,
        `GET /${at}`,
      ),
    );
    const { requests, problems } = read(lines.join("\n"));
    expect(requests).toBe(10_000);
    expect(problems.at(-1)?.problem.message).toContain("10500");
  });

  test("a hostile line ends at once", () => {
    const nasty = `${"a ".repeat(9000)}[`;
    expect(problemOf(nasty)).toMatchObject({ code: "unknown_format" });
  });

  test("without a single line of one is refused", () => {
    expect(problemOf("a,b\n1,2\n")).toMatchObject({
      code: "unknown_format",
      detail: { problems: [expect.stringContaining("line 1"), expect.stringContaining("line 2")] },
    });
  });
});

describe("a HAR file", () => {
  const entry = (startedDateTime: string, url: string, status = 200, method = "GET") => ({
    startedDateTime,
    request: { method, url },
    response: { status },
  });

  test("becomes the first host's requests, static files left out", () => {
    const { kind, scenario, requests, problems } = read(
      JSON.stringify({
        log: {
          entries: [
            entry("2026-11-20T10:00:00.250Z", "https://shop.example/"),
            entry("2026-11-20T10:00:00.300Z", "https://shop.example/style.css"),
            entry("2026-11-20T10:00:00.400Z", "https://tracker.example/hit"),
            entry("2026-11-20T10:00:03.250Z", "https://shop.example/accounts/login/", 302, "POST"),
            entry("soon", "https://shop.example/"),
            entry("2026-11-20T10:00:04Z", "https://shop.example/cut", 0),
          ],
        },
      }),
    );
    expect({ kind, requests }).toEqual({ kind: "har", requests: 2 });
    expect(scenario.steps).toMatchObject([
      { at: 0, request: { path: "/" } },
      { at: 3, request: { method: "POST", status: 302, actions: [{ op: "login" }] } },
    ]);
    expect(problems.map(({ place }) => place)).toEqual(["entry 5", "entry 6", "file"]);
  });

  test("that is cut says where", () => {
    expect(problemOf('{"log": {"entries": [\n{"startedDateTime": ')).toMatchObject({
      code: "bad_json",
      detail: { line: 2 },
    });
  });

  test("that is other JSON is refused", () => {
    expect(problemOf('{"steps": []}')).toMatchObject({ code: "unknown_format" });
  });
});
