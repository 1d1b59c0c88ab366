/** One figure over time, a line a policy, with the same facts in words. */
import { compact } from "../../ui/format.ts";

const width = 600;
const height = 130;

export interface Series {
  name: string;
  values: readonly number[];
}

export interface LineChartProps {
  title: string;
  /** Days. */
  at: readonly number[];
  series: readonly Series[];
  /** "rows", "writes a second". */
  unit: string;
  format?: (value: number) => string;
}

/** A round number at or above. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((n) => n * step).find((n) => n >= value) ?? value;
}

export function LineChart({ title, at, series, unit, format = compact }: LineChartProps) {
  const most = ceiling(Math.max(0, ...series.flatMap(({ values }) => values)));
  const end = Math.max(at.at(-1) ?? 1, 1e-9);
  const x = (day: number) => (width * day) / end;
  const y = (value: number) => height - (height * value) / most;
  const words = series.map(({ name, values }) => {
    const peak = Math.max(0, ...values);
    const peakAt = at[values.indexOf(peak)] ?? 0;
    return `${name}: ${format(values[0] ?? 0)} at first, at most ${format(peak)} on day ${peakAt.toFixed(1)}, ${format(values.at(-1) ?? 0)} at the end.`;
  });
  return (
    <figure className="labchart">
      <h3>
        {title} <span className="dim">{unit}</span>
      </h3>
      <div className="plot">
        <svg aria-hidden="true" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          {[0, 0.5, 1].map((part) => (
            <line
              key={part}
              className="gridline"
              x1="0"
              x2={width}
              y1={height * part}
              y2={height * part}
            />
          ))}
          {series.map(({ name, values }, index) => (
            <path
              key={name}
              className={`line line-${index}`}
              d={`M${values.map((value, place) => `${x(at[place] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`}
            />
          ))}
        </svg>
        <span className="lbl lbl-top">{format(most)}</span>
        <span className="lbl lbl-mid">{format(most / 2)}</span>
      </div>
      <div className="xaxis" aria-hidden="true">
        <span>day 0</span>
        <span>day {end < 3 ? end.toFixed(1) : Math.round(end)}</span>
      </div>
      <figcaption className="sr">{words.join(" ")}</figcaption>
    </figure>
  );
}
