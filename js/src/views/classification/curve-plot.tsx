import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Curve } from "../../core/classification";
import { indexAt, ratesAt } from "../../core/classification";
import { formatNumber } from "../../core/format";
import { trans } from "../../core/translate";
import { TableIcon } from "../common/table-icon";

export interface Line {
  readonly key: string;
  readonly name: string;
  readonly color: string;
  readonly dash: string;
  readonly curve: Curve;
  readonly area: number;
  readonly averagePrecision: number;
}

interface Props {
  readonly kind: "roc" | "pr";
  readonly lines: readonly Line[];
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
}

const SIDE = 200;
const [LEFT, TOP, RIGHT, BOTTOM] = [34, 6, 8, 32];

function wordsOf(kind: Props["kind"]): Readonly<Record<"title" | "long" | "x" | "y", string>> {
  return kind === "roc"
    ? {
        title: "ROC",
        long: trans.__("True over false positives"),
        x: trans.__("false positive rate"),
        y: trans.__("true positive rate"),
      }
    : {
        title: "PR",
        long: trans.__("Precision over recall; its area is the average precision"),
        x: trans.__("recall"),
        y: trans.__("precision"),
      };
}

const TABLE_ROWS = 100;

/** A ROC or PR curve for each run. A click or the arrow keys move the threshold along the first one. */
export function CurvePlot({ kind, lines, threshold, onThreshold }: Props): JSX.Element {
  const [table, setTable] = useState(false);
  const words = wordsOf(kind);
  const paths = useMemo(() => lines.map((line) => path(line.curve, kind)), [lines, kind]);
  const only = lines.length === 1 ? lines[0] : undefined;
  const areaOf = (line: Line): number => (kind === "roc" ? line.area : line.averagePrecision);

  const onPointer = (event: PointerEvent & { currentTarget: SVGSVGElement }): void => {
    if (event.type === "pointermove" && event.buttons !== 1) {
      return;
    }
    const box = event.currentTarget.getBoundingClientRect();
    const scale = (SIDE + LEFT + RIGHT) / (box.width || 1);
    const x = ((event.clientX - box.left) * scale - LEFT) / SIDE;
    const y = 1 - ((event.clientY - box.top) * scale - TOP) / SIDE;
    const found = nearest(lines, kind, x, y);
    if (found !== null) {
      onThreshold(found);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const curve = lines[0]?.curve;
    const side = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (curve === undefined || side === 0) {
      return;
    }
    const next = curve.thresholds[indexAt(curve, threshold) + side];
    if (next !== undefined && Number.isFinite(next)) {
      onThreshold(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const described = lines
    .map((line) => {
      const [x, y] = point(line.curve, kind, indexAt(line.curve, threshold));
      return trans.__(
        "%1: area %2, at threshold %3 %4 %5 and %6 %7",
        line.name,
        formatNumber(areaOf(line)),
        formatNumber(threshold),
        words.x,
        formatNumber(x),
        words.y,
        formatNumber(y),
      );
    })
    .join(". ");
  return (
    <section class="jp-tracker-card jp-tracker-curve-card" aria-label={words.title}>
      <div class="jp-tracker-chart-head">
        <h4 title={words.long}>{words.title}</h4>
        <span class="jp-tracker-readout">
          {only && (
            <span title={String(areaOf(only))}>
              <small>{trans.__("area")}</small> <b>{formatNumber(areaOf(only))}</b>
            </span>
          )}
        </span>
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          aria-label={trans.__("%1 as a table", words.title)}
          title={table ? trans.__("Show the curve") : trans.__("Show the points as a table")}
          onClick={() => setTable(!table)}
        >
          <TableIcon />
        </button>
      </div>
      {table ? (
        <PointTable lines={lines} kind={kind} />
      ) : (
        <svg
          class="jp-tracker-curve-plot"
          viewBox={`0 0 ${SIDE + LEFT + RIGHT} ${SIDE + TOP + BOTTOM}`}
          role="img"
          aria-label={`${words.title}. ${described}`}
          tabindex={0}
          data-lm-suppress-shortcuts="true"
          onPointerDown={onPointer}
          onPointerMove={onPointer}
          onKeyDown={onKeyDown}
        >
          <g transform={`translate(${LEFT} ${TOP})`}>
            {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
              <g key={tick} class="jp-tracker-tick">
                <path d={`M0 ${(1 - tick) * SIDE}h${SIDE}M${tick * SIDE} 0v${SIDE}`} />
                {tick % 0.5 === 0 && (
                  <>
                    <text x={tick * SIDE} y={SIDE + 13} text-anchor="middle">
                      {tick}
                    </text>
                    <text x={-3} y={(1 - tick) * SIDE + 4} text-anchor="end">
                      {tick}
                    </text>
                  </>
                )}
              </g>
            ))}
            {kind === "roc" && <path class="jp-tracker-chance" d={`M0 ${SIDE}L${SIDE} 0`} />}
            <text class="jp-tracker-axis-name" x={SIDE / 2} y={SIDE + 27} text-anchor="middle">
              {words.x}
            </text>
            <text
              class="jp-tracker-axis-name"
              transform={`translate(-26 ${SIDE / 2}) rotate(-90)`}
              text-anchor="middle"
            >
              {words.y}
            </text>
            {lines.map((line, at) => (
              <path
                key={line.key}
                class="jp-tracker-line"
                d={paths[at]}
                style={{ stroke: line.color }}
                stroke-dasharray={line.dash}
              >
                <title>{trans.__("%1: area %2", line.name, formatNumber(areaOf(line)))}</title>
              </path>
            ))}
            {lines.map((line) => {
              const [x, y] = point(line.curve, kind, indexAt(line.curve, threshold));
              return Number.isFinite(x + y) ? (
                <circle
                  key={line.key}
                  class="jp-tracker-operating"
                  cx={x * SIDE}
                  cy={(1 - y) * SIDE}
                  r="4.5"
                  style={{ fill: line.color }}
                />
              ) : null;
            })}
          </g>
        </svg>
      )}
    </section>
  );
}

function point(curve: Curve, kind: Props["kind"], index: number): readonly [number, number] {
  const { fpr, recall, precision } = ratesAt(curve, index);
  return kind === "roc" ? [fpr, recall] : [recall, precision];
}

function path(curve: Curve, kind: Props["kind"]): string {
  let result = "";
  let pen = "M";
  for (let index = 0; index < curve.fpr.length; index += 1) {
    const [x, y] = point(curve, kind, index);
    if (Number.isFinite(x + y)) {
      result += `${pen}${(x * SIDE).toFixed(1)} ${((1 - y) * SIDE).toFixed(1)}`;
      pen = "L";
    } else {
      pen = "M";
    }
  }
  return result;
}

/** The threshold of the point of any line that is next to a place. */
function nearest(lines: readonly Line[], kind: Props["kind"], x: number, y: number): number | null {
  let best: number | null = null;
  let least = Infinity;
  for (const { curve } of lines) {
    for (let index = 0; index < curve.fpr.length; index += 1) {
      const [px, py] = point(curve, kind, index);
      const far = (px - x) ** 2 + (py - y) ** 2;
      const threshold = curve.thresholds[index] ?? NaN;
      if (far < least && Number.isFinite(threshold)) {
        [least, best] = [far, threshold];
      }
    }
  }
  return best;
}

function PointTable({ lines, kind }: Pick<Props, "lines" | "kind">): JSX.Element {
  const words = wordsOf(kind);
  return (
    <div
      class="jp-tracker-data jp-tracker-point-table"
      tabIndex={0}
      role="region"
      aria-label={trans.__("Points of %1", words.title)}
      data-lm-suppress-shortcuts="true"
    >
      <table>
        <thead>
          <tr>
            {lines.length > 1 && <th scope="col">{trans.__("run")}</th>}
            <th scope="col">{trans.__("threshold")}</th>
            <th scope="col">{words.x}</th>
            <th scope="col">{words.y}</th>
          </tr>
        </thead>
        <tbody>
          {lines.flatMap((line) => {
            const { length } = line.curve.fpr;
            const every = Math.max(1, Math.ceil(length / TABLE_ROWS));
            return Array.from({ length: Math.ceil(length / every) }, (_, row) => {
              const [x, y] = point(line.curve, kind, row * every);
              return (
                <tr key={`${line.key} ${row}`}>
                  {lines.length > 1 && <td>{line.name}</td>}
                  <td>{formatNumber(line.curve.thresholds[row * every] ?? NaN)}</td>
                  <td title={String(x)}>{formatNumber(x)}</td>
                  <td title={String(y)}>{formatNumber(y)}</td>
                </tr>
              );
            });
          })}
        </tbody>
      </table>
    </div>
  );
}
