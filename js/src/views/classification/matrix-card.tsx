import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Classification } from "../../core/classification";
import type { ClassificationSession, RunClassifications } from "../../core/classification-session";
import type { Sort } from "../../core/confusion";
import { SORTS, shares, sortedClasses, sums } from "../../core/confusion";
import { formatNumber } from "../../core/format";
import { trans } from "../../core/translate";
import { TableIcon } from "../common/table-icon";
import { Examples } from "./examples";
import type { Cell } from "./matrix";
import { Matrix } from "./matrix";

export type Mode = "count" | "row" | "column";

const modes = (): readonly (readonly [Mode, string])[] => [
  ["count", trans.__("counts")],
  ["row", trans.__("share of the row")],
  ["column", trans.__("share of the column")],
];
const sortNames = (): Readonly<Record<Sort, string>> => ({
  "as logged": trans.__("as logged"),
  "by name": trans.__("by name"),
  "most samples first": trans.__("most samples first"),
  "most mistaken first": trans.__("most mistaken first"),
});
/** Rows of the table view: with more it would be slower than it is useful. */
const TABLE_CELLS = 2000;

interface Props {
  readonly session: ClassificationSession;
  readonly run: RunClassifications;
  readonly data: Classification;
  readonly theme: number;
}

export function MatrixCard({ session, run, data, theme }: Props): JSX.Element {
  const [mode, setMode] = useState<Mode>("count");
  const [sort, setSort] = useState<Sort>("as logged");
  const [diagonal, setDiagonal] = useState(true);
  const [table, setTable] = useState(false);
  const [at, setAt] = useState<Cell | null>(null);
  const [opened, setOpened] = useState<Cell | null>(null);
  const { labels, matrix } = data;
  const size = labels.length;

  const order = useMemo(() => sortedClasses(data, sort), [data, sort]);
  const shade = useMemo(() => shares(matrix, size, mode === "column" ? "column" : "row"), [data, mode]);
  const marked = useMemo(
    () =>
      new Set(data.examples.map((each) => labels.indexOf(each.true) * size + labels.indexOf(each.predicted))),
    [data],
  );
  const total = useMemo(() => sums(matrix, size), [data]);
  const right = labels.reduce((sum, _, index) => sum + (matrix[index * size + index] ?? 0), 0);
  const all = total.rows.reduce((sum, row) => sum + row, 0);
  const shownCell = at ?? opened;

  const value = useCallback(
    (cell: number) => (mode === "count" ? formatNumber(matrix[cell] ?? NaN) : percent(shade[cell] ?? 0)),
    [mode, matrix, shade],
  );
  return (
    <section class="jp-tracker-card jp-tracker-matrix-card" aria-label={trans.__("Confusion matrix")}>
      <div class="jp-tracker-chart-head">
        <h4 title={data.name}>{data.name}</h4>
        <span class="jp-tracker-readout">
          {all > 0 && (
            <span title={String(right / all)}>
              <small>{trans.__("accuracy")}</small> <b>{formatNumber(right / all)}</b>
            </span>
          )}
          <span>
            <small>{trans.__("classes")}</small> <b>{size}</b>
          </span>
        </span>
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          aria-label={trans.__("Confusion matrix as a table")}
          title={table ? trans.__("Show the matrix") : trans.__("Show the cells as a table")}
          onClick={() => setTable(!table)}
        >
          <TableIcon />
        </button>
      </div>
      <div class="jp-tracker-toolbar" role="group" aria-label={trans.__("How the matrix is shown")}>
        <select
          class="jp-tracker-select"
          aria-label={trans.__("Numbers")}
          value={mode}
          onChange={(event) =>
            setMode(modes().find(([each]) => each === event.currentTarget.value)?.[0] ?? "count")
          }
        >
          {modes().map(([each, label]) => (
            <option key={each} value={each}>
              {label}
            </option>
          ))}
        </select>
        <select
          class="jp-tracker-select"
          aria-label={trans.__("Order of the classes")}
          value={sort}
          onChange={(event) =>
            setSort(SORTS.find((each) => each === event.currentTarget.value) ?? "as logged")
          }
        >
          {SORTS.map((each) => (
            <option key={each} value={each}>
              {sortNames()[each]}
            </option>
          ))}
        </select>
        <label>
          <input
            type="checkbox"
            checked={!diagonal}
            onChange={(event) => setDiagonal(!event.currentTarget.checked)}
          />
          {trans.__("hide the diagonal")}
        </label>
      </div>
      {table ? (
        <CellTable data={data} order={order} shade={shade} diagonal={diagonal} />
      ) : (
        <Matrix
          labels={labels}
          order={order}
          shade={shade}
          value={value}
          matrix={matrix}
          marked={marked}
          diagonal={diagonal}
          selected={opened}
          theme={theme}
          describe={(cell) => describe(data, total, cell)}
          onHover={setAt}
          onOpen={setOpened}
        />
      )}
      <p class="jp-tracker-cell-readout" aria-live="polite">
        {shownCell === null ? (
          <small>
            {mode === "column"
              ? trans.__("Shaded by share of the column. Click a cell for its examples.")
              : trans.__("Shaded by share of the row. Click a cell for its examples.")}
          </small>
        ) : (
          describe(data, total, shownCell)
        )}
      </p>
      {opened !== null && !table && (
        <Examples session={session} run={run} data={data} cell={opened} onClose={() => setOpened(null)} />
      )}
    </section>
  );
}

export function percent(share: number): string {
  return `${formatNumber(share * 100, 3)} %`;
}

function describe(
  { labels, matrix }: Classification,
  { rows, columns }: { rows: Float64Array; columns: Float64Array },
  { row, column }: Cell,
): string {
  const count = matrix[row * labels.length + column] ?? NaN;
  const [of, among] = [count / (rows[row] ?? NaN), count / (columns[column] ?? NaN)];
  const parts = [
    row === column
      ? trans.__("%1 taken for itself: %2", labels[row] ?? "", formatNumber(count))
      : trans.__("%1 taken for %2: %3", labels[row] ?? "", labels[column] ?? "", formatNumber(count)),
    Number.isFinite(of) ? trans.__("%1 of its row", percent(of)) : "",
    Number.isFinite(among) ? trans.__("%1 of its column", percent(among)) : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

interface CellTableProps {
  readonly data: Classification;
  readonly order: readonly number[];
  readonly shade: Float64Array;
  readonly diagonal: boolean;
}

/** The cells that hold something, largest first within each row. */
function CellTable({ data: { labels, matrix }, order, shade, diagonal }: CellTableProps): JSX.Element {
  const size = labels.length;
  const cells = order.flatMap((row) =>
    labels
      .map((_, column) => ({ row, column, count: matrix[row * size + column] ?? NaN }))
      .filter(({ column, count }) => count !== 0 && (diagonal || row !== column))
      .sort((a, b) => b.count - a.count),
  );
  return (
    <div
      class="jp-tracker-data jp-tracker-cell-table"
      tabIndex={0}
      role="region"
      aria-label={trans.__("Cells of the confusion matrix")}
      data-lm-suppress-shortcuts="true"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__("true")}</th>
            <th scope="col">{trans.__("predicted")}</th>
            <th scope="col">{trans.__("count")}</th>
            <th scope="col">{trans.__("share")}</th>
          </tr>
        </thead>
        <tbody>
          {cells.slice(0, TABLE_CELLS).map(({ row, column, count }) => (
            <tr key={row * size + column}>
              <td>{labels[row]}</td>
              <td>{labels[column]}</td>
              <td title={String(count)}>{formatNumber(count)}</td>
              <td>{percent(shade[row * size + column] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {cells.length > TABLE_CELLS && (
        <p class="jp-tracker-empty-line">{trans.__("… and %1 more cells", cells.length - TABLE_CELLS)}</p>
      )}
    </div>
  );
}
