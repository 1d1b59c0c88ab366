/** Two small charts over a job's samples, each with the same facts in words. */
import { count, rate } from "../../ui/format.ts";

type Samples = [number, number, number][];
const width = 300;
const height = 100;

/** A round number at or above. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * step).find((n) => n >= value) ?? value;
}

const x = (samples: Samples, seconds: number) =>
  (width * seconds) / Math.max(1, samples.at(-1)?.[0] ?? 1);

export interface ChartProps {
  samples: Samples;
  title: string;
  value: string;
  note: string;
}

export function RateChart({ samples, title, value, note }: ChartProps) {
  const most = ceiling(Math.max(0, ...samples.map((sample) => sample[1])));
  // Drawn from the left edge on: the first sample stands for the time before it.
  const drawn = samples[0] ? [[0, samples[0][1]] as const, ...samples] : [];
  const end = x(samples, samples.at(-1)?.[0] ?? 0).toFixed(1);
  const points = drawn.map(
    ([seconds, perSecond]) =>
      `${x(samples, seconds).toFixed(1)} ${(height - (height * perSecond) / most).toFixed(1)}`,
  );
  const rates = samples.map((sample) => sample[1]);
  return (
    <figure className="chart">
      <header>
        <h3>{title}</h3>
        <b>{value}</b> <small>{note}</small>
      </header>
      <div className="plot">
        <svg aria-hidden="true" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          <line className="gridline" x1="0" x2={width} y1="0" y2="0" />
          <line className="gridline" x1="0" x2={width} y1={height / 2} y2={height / 2} />
          {points.length > 0 && (
            <>
              <path className="area" d={`M0 ${height}L${points.join("L")}L${end} ${height}Z`} />
              <path className="ln" d={`M${points.join("L")}`} />
            </>
          )}
        </svg>
        <span className="lbl lbl-top">{rate(most)}</span>
      </div>
      <figcaption className="sr">
        {samples.length === 0
          ? "No samples yet."
          : `Between ${count(Math.min(...rates))} and ${count(Math.max(...rates))} rows a second over ${count(samples.at(-1)?.[0] ?? 0)} seconds.`}
      </figcaption>
    </figure>
  );
}

export function LockChart({
  samples,
  title,
  value,
  note,
  limit,
}: ChartProps & { limit: number | null }) {
  const locks = samples.map((sample) => sample[2]);
  const longest = Math.max(0, ...locks);
  const most = ceiling(Math.max(longest, (limit ?? 0) * 1.25, 1));
  const bar = Math.max(0.5, Math.min(8, (0.7 * width) / Math.max(1, samples.length)));
  const over = limit === null ? 0 : locks.filter((lock) => lock > limit).length;
  return (
    <figure className="chart">
      <header>
        <h3>{title}</h3>
        <b>{value}</b> <small>{note}</small>
      </header>
      <div className="plot">
        <svg aria-hidden="true" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          {samples.map(([seconds, , lock]) => {
            const tall = Math.max(0.6, (height * lock) / most);
            return (
              <rect
                key={seconds}
                className={limit !== null && lock > limit ? "over-limit" : "bar-lock"}
                x={Math.min(width - bar, Math.max(0, x(samples, seconds) - bar / 2))}
                y={height - tall}
                width={bar}
                height={tall}
              />
            );
          })}
          {limit !== null && (
            <line
              className="limit"
              x1="0"
              x2={width}
              y1={height - (height * limit) / most}
              y2={height - (height * limit) / most}
            />
          )}
        </svg>
        <span className="lbl lbl-top">{count(most)} ms</span>
        {limit !== null && (
          <span className="lbl lbl-limit" style={{ top: `${100 - (100 * limit) / most}%` }}>
            limit {count(limit)} ms
          </span>
        )}
      </div>
      <figcaption className="sr">
        {samples.length === 0
          ? "No samples yet."
          : `${title}: at most ${count(longest)} ms${limit === null ? "" : `, limit ${count(limit)} ms, over it in ${count(over)} of ${count(samples.length)} samples`}.`}
      </figcaption>
    </figure>
  );
}
