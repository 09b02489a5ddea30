import type { JSX } from "preact";
import { formatDateTime, formatExact, formatNumber } from "../../core/format";
import type { Series } from "../../core/series";
import { trans } from "../../core/translate";

const LAST_ROWS = 100;

interface Props {
  readonly series: readonly Series[];
  /** What each series is called, where that is not its metric. */
  readonly names?: readonly string[];
  readonly title: string;
  readonly height: number;
}

interface Row {
  readonly key: string;
  readonly step: number;
  readonly time: number;
  readonly value: number;
}

function lastRows(series: readonly Series[], names: readonly string[]): Row[] {
  const rows: Row[] = [];
  for (const [at, { key: metric, length, step, time, value }] of series.entries()) {
    const key = names[at] ?? metric;
    for (let index = Math.max(0, length - LAST_ROWS); index < length; index += 1) {
      rows.push({ key, step: step[index] ?? NaN, time: time[index] ?? NaN, value: value[index] ?? NaN });
    }
  }
  return rows.sort((a, b) => b.time - a.time || b.step - a.step).slice(0, LAST_ROWS);
}

/** The last points as a table, newest first: what a curve cannot tell to those who do not see it. */
export function DataTable({ series, names = [], title, height }: Props): JSX.Element {
  const many = series.length > 1;
  return (
    <div
      class="jp-tracker-data"
      style={{ height: `${height}px` }}
      tabIndex={0}
      role="region"
      aria-label={trans.__("Values of %1", title)}
      data-lm-suppress-shortcuts="true"
    >
      <table>
        <thead>
          <tr>
            {many && <th scope="col">{names.length > 0 ? trans.__("run") : trans.__("metric")}</th>}
            <th scope="col">{trans.__("step")}</th>
            <th scope="col">{trans.__("time")}</th>
            <th scope="col">{trans.__("value")}</th>
          </tr>
        </thead>
        <tbody>
          {lastRows(series, names).map((row) => (
            <tr key={`${row.key} ${row.step} ${row.time}`}>
              {many && <td>{row.key}</td>}
              <td>{formatNumber(row.step)}</td>
              <td title={formatDateTime(row.time)}>{formatDateTime(row.time).slice(11)}</td>
              <td title={String(row.value)}>{formatExact(row.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
