import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Column } from "../../core/compare";
import { scaleOf } from "../../core/compare";
import { formatNumber, formatParam, formatTick } from "../../core/format";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { TableIcon } from "../common/table-icon";
import { ColumnTable } from "./column-table";
import type { ColumnPartProps } from "./legend";
import { colorOf, nameOf } from "./legend";
import { clipped } from "./parallel";

const [WIDTH, HEIGHT] = [640, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [72, 16, 12, 40];

/** A point for each run, over any two columns. Arrow keys walk over the points. */
export function Scatter({ sessions, columns, lit, onLit }: ColumnPartProps): JSX.Element {
  const [xName, setX] = useState<string | null>(null);
  const [yName, setY] = useState<string | null>(null);
  const [log, setLog] = useState({ x: false, y: false });
  const [table, setTable] = useState(false);

  const find = (id: string | null, otherwise: (column: Column) => boolean): Column | undefined =>
    columns.find((column) => column.id === id) ?? columns.find(otherwise) ?? columns[0];
  const x = find(xName, ({ kind, varies }) => kind === "param" && varies);
  const y = find(yName, ({ id }) => id.startsWith("best "));
  if (x === undefined || y === undefined) {
    return <p class="jp-tracker-empty">{trans.__("These runs have neither params nor metrics.")}</p>;
  }
  const [xs, ys] = [scaleOf(x, formatTick, log.x), scaleOf(y, formatTick, log.y)];
  const points = sessions
    .map((session, run) => ({
      session,
      run,
      at: [xs.place(x.values[run]), ys.place(y.values[run])] as const,
    }))
    .filter(({ at }) => at[0] !== null && at[1] !== null)
    .sort((a, b) => (a.at[0] ?? 0) - (b.at[0] ?? 0));
  const left = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
  const top = (share: number): number => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const said = (value: unknown): string =>
    typeof value === "number" ? formatNumber(value) : formatParam(value);
  const tell = ({ session, run }: { session: RunSession; run: number }): string =>
    `${nameOf(session)}: ${x.label} ${said(x.values[run])}, ${y.label} ${said(y.values[run])}`;
  const litPoint = points.find(({ session }) => session.id === lit);

  const onKeyDown = (event: KeyboardEvent): void => {
    const side = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (side !== 0) {
      const from = litPoint === undefined ? (side > 0 ? -1 : points.length) : points.indexOf(litPoint);
      onLit(points[Math.min(points.length - 1, Math.max(0, from + side))]?.session.id ?? null);
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const choice = (name: "x" | "y", column: Column, onChange: (id: string) => void): JSX.Element => (
    <>
      <label>
        {name}
        <select
          class="jp-tracker-select jp-tracker-run-choice"
          value={column.id}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {columns.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={log[name]}
          onChange={(event) => setLog({ ...log, [name]: event.currentTarget.checked })}
        />
        {trans.__("log %1", name)}
      </label>
    </>
  );
  return (
    <section aria-label={trans.__("Scatter")}>
      <div
        class="jp-tracker-toolbar"
        role="group"
        aria-label={trans.__("Scatter")}
        data-lm-suppress-shortcuts="true"
      >
        {choice("x", x, setX)}
        {choice("y", y, setY)}
        <span class="jp-tracker-grow" />
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          aria-label={trans.__("Scatter as a table")}
          title={table ? trans.__("Show the points") : trans.__("Show the values as a table")}
          onClick={() => setTable(!table)}
        >
          <TableIcon />
        </button>
      </div>
      {table ? (
        <ColumnTable sessions={sessions} all={sessions} columns={[x, y]} />
      ) : (
        <svg
          class="jp-tracker-scatter"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label={trans.__(
            "%1 over %2, %3 runs. %4",
            y.label,
            x.label,
            points.length,
            litPoint === undefined ? "" : tell(litPoint),
          )}
          tabindex={0}
          data-lm-suppress-shortcuts="true"
          onKeyDown={onKeyDown}
          onBlur={() => onLit(null)}
        >
          {xs.ticks.map(([share, text]) => (
            <g key={share} class="jp-tracker-tick">
              <path d={`M${left(share)} ${TOP}V${HEIGHT - BOTTOM}`} />
              <text x={left(share)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
                {clipped(text, 12)}
              </text>
            </g>
          ))}
          {ys.ticks.map(([share, text]) => (
            <g key={share} class="jp-tracker-tick">
              <path d={`M${LEFT} ${top(share)}H${WIDTH - RIGHT}`} />
              <text x={LEFT - 6} y={top(share) + 4} text-anchor="end">
                {clipped(text, 10)}
              </text>
            </g>
          ))}
          <text
            class="jp-tracker-axis-title"
            x={(LEFT + WIDTH - RIGHT) / 2}
            y={HEIGHT - 8}
            text-anchor="middle"
          >
            {clipped(x.label, 60)}
          </text>
          <text
            class="jp-tracker-axis-title"
            transform={`translate(12 ${(HEIGHT - BOTTOM) / 2}) rotate(-90)`}
            text-anchor="middle"
          >
            {clipped(y.label, 36)}
          </text>
          {points.map(({ session, run, at }) => (
            <circle
              key={session.id}
              class={`jp-tracker-point${lit === session.id ? " jp-tracker-lit" : ""}`}
              cx={left(at[0] ?? 0)}
              cy={top(at[1] ?? 0)}
              r={lit === session.id ? 7 : 5}
              style={{ fill: colorOf(session) }}
              onPointerEnter={() => onLit(session.id)}
              onPointerLeave={() => onLit(null)}
            >
              <title>{tell({ session, run })}</title>
            </circle>
          ))}
        </svg>
      )}
      <p class="jp-tracker-cell-readout" aria-live="polite">
        {litPoint === undefined ? (
          <small>{trans.__("%1 of %2 runs have both.", points.length, sessions.length)}</small>
        ) : (
          tell(litPoint)
        )}
      </p>
    </section>
  );
}
