/** The forecast: figures of the second half with their error, charts over time, and what was assumed. */
import type { LabPolicy, LabResult as Result } from "../../../shared/lab.ts";
import { Button } from "../../ui/Button.tsx";
import { compact, count, size } from "../../ui/format.ts";
import { saveFile } from "../../ui/save.ts";
import { visible } from "../../ui/Text.tsx";
import { LineChart } from "./LineChart.tsx";

const digits = (value: number) =>
  value === 0
    ? "0"
    : value >= 100
      ? compact(value)
      : value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 4);

const figure = ({ mean, error }: { mean: number; error: number }, format = digits) =>
  `${format(mean)} ± ${format(error)}`;

const rows: { title: string; of: (policy: LabPolicy) => string }[] = [
  { title: "Live rows", of: ({ steady }) => figure(steady.live) },
  { title: "Expired rows waiting", of: ({ steady }) => figure(steady.expired) },
  { title: "Most rows at once", of: ({ peakRows }) => count(peakRows) },
  { title: "Largest clearsessions", of: ({ largestPurge }) => `${count(largestPurge)} rows` },
  { title: "Store writes a second", of: ({ steady }) => figure(steady.writesPerSecond) },
  { title: "Stored", of: ({ steady }) => figure(steady.bytes, size) },
  { title: "Store reads", of: ({ reads }) => count(reads) },
  { title: "Store writes", of: ({ writes }) => count(writes) },
  { title: "Cookies sent", of: ({ cookiesSent }) => count(cookiesSent) },
  {
    title: "Forced logouts per 1,000 visits",
    of: ({ forcedLogoutsPerThousand }) => digits(forcedLogoutsPerThousand),
  },
];

export function LabResult({ result }: { result: Result }) {
  const { policies, at } = result;
  const series = (of: (policy: LabPolicy) => readonly number[]) =>
    policies.map((policy) => ({ name: policy.name, values: of(policy) }));
  return (
    <>
      <section aria-label="Figures">
        <table className="labtable">
          <caption className="sr">
            Each policy's figures. Means are over the second half of the time, with their standard
            error.
          </caption>
          <thead>
            <tr>
              <th scope="col" />
              {policies.map((policy, index) => (
                <th key={policy.name} scope="col" className="num">
                  <i className={`key key-${index}`} aria-hidden="true" /> {visible(policy.name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ title, of }) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                {policies.map((policy) => (
                  <td key={policy.name} className="num mono">
                    {of(policy)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div className="labcharts">
        <LineChart title="Live rows" unit="" at={at} series={series(({ live }) => live)} />
        <LineChart
          title="Expired rows waiting for a purge"
          unit=""
          at={at}
          series={series(({ expired }) => expired)}
        />
        <LineChart
          title="Store writes"
          unit="a second"
          at={at}
          format={digits}
          series={series(({ writesPerSecond }) => writesPerSecond)}
        />
        <LineChart
          title="Stored"
          unit="bytes"
          at={at}
          format={size}
          series={series(({ bytes }) => bytes)}
        />
      </div>
      <section aria-label="What was assumed" className="assumptions">
        <h2>What was assumed</h2>
        <ul>
          {result.assumptions.map((line) => (
            <li key={line}>{visible(line)}</li>
          ))}
        </ul>
        <p className="dim">
          {count(policies[0]?.visits ?? 0)} visits, seed {result.model.seed}, computed in{" "}
          {(result.tookMs / 1000).toFixed(1)} s.
        </p>
        <Button
          onClick={() =>
            saveFile("forecast.json", JSON.stringify(result, null, 2), "application/json")
          }
        >
          Save figures as JSON
        </Button>
      </section>
    </>
  );
}
