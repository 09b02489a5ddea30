import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { Line } from "../../core/align";
import { align } from "../../core/align";
import { formatDateTime, formatDuration, formatExact, formatMetric, formatNumber } from "../../core/format";
import type { ChartSpec } from "../../core/groups";
import { shortLabel } from "../../core/groups";
import type { Series } from "../../core/series";
import { smooth } from "../../core/smooth";
import { trans } from "../../core/translate";
import { useNearScreen } from "../common/hooks";
import type { XKind } from "./axes";
import type { Range } from "./chart";
import { Chart } from "./chart";
import { DataTable } from "./data-table";
import type { Hover } from "./plot";
import { PLOT_HEIGHT } from "./plot";

export interface ChartSettings {
  readonly x: XKind;
  readonly logY: boolean;
  readonly smoothing: number;
  /** Start of the run, where relative time is zero. */
  readonly origin: number;
}

interface Props {
  readonly spec: ChartSpec;
  /** The series that are drawn; while zoomed those of the range. */
  readonly series: readonly Series[];
  /** The whole ones, whose last, least and greatest values stand in the title. */
  readonly whole: readonly Series[];
  readonly settings: ChartSettings;
  readonly range: Range | null;
  /** A marked moment, on the x axis. */
  readonly mark?: number | null;
  readonly syncKey: string;
  readonly theme: number;
  readonly onZoom: (from: number, to: number) => void;
  readonly onReset: () => void;
}

export function ChartCard(props: Props): JSX.Element {
  const { spec, series, whole, settings } = props;
  const [hover, setHover] = useState<Hover | null>(null);
  const [table, setTable] = useState(false);
  const card = useRef<HTMLElement>(null);
  const near = useNearScreen(card);
  const fingerprint = series.map((entry) => `${entry.key}:${entry.version}`).join("|");

  const data = useMemo(
    () => align(series.map((entry) => lineOf(entry, settings))),
    // A series is changed in place; its version says when.
    [fingerprint, series[0], settings.x, settings.logY, settings.smoothing, settings.origin],
  );

  return (
    <section ref={card} class="jp-tracker-chart" aria-label={spec.title}>
      <div class="jp-tracker-chart-head">
        <h4 title={spec.keys.join(", ")}>{spec.title}</h4>
        <Readout {...props} hover={table ? null : hover} />
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          title={table ? trans.__("Show the curve") : trans.__("Show the values as a table")}
          aria-label={trans.__("%1 as a table", spec.title)}
          onClick={() => setTable(!table)}
        >
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path d="M1.5 2.5h9v7h-9zM1.5 5h9M1.5 7.25h9M5 2.5v7" fill="none" stroke="currentColor" />
          </svg>
        </button>
      </div>
      {table ? (
        <DataTable series={series} title={spec.title} height={PLOT_HEIGHT} />
      ) : near ? (
        <Chart
          label={describe(spec, whole)}
          unitKey={spec.keys[0] ?? spec.title}
          data={data}
          x={settings.x}
          logY={settings.logY}
          smoothed={settings.smoothing > 0}
          range={props.range}
          mark={props.mark}
          syncKey={props.syncKey}
          theme={props.theme}
          onZoom={props.onZoom}
          onReset={props.onReset}
          onHover={setHover}
        />
      ) : (
        <div style={{ height: `${PLOT_HEIGHT}px` }} />
      )}
    </section>
  );
}

export function lineOf(series: Series, { x, logY, smoothing, origin }: ChartSettings): Line {
  const at = x === "step" ? series.step : x === "time" ? series.time : series.time.map((t) => t - origin);
  const columns = [series.value, smooth(series.value, smoothing)];
  // A logarithm has no place for zero and below: those become gaps.
  const shown = logY ? columns.map((column) => column.map((v) => (v > 0 ? v : NaN))) : columns;
  return { x: at.slice(), columns: shown };
}

function describe(spec: ChartSpec, series: readonly Series[]): string {
  const parts = series.map(({ key, last, min, max, total }) =>
    trans.__(
      "%1: last %2, least %3, greatest %4, %5 points",
      key,
      formatMetric(key, last),
      formatMetric(key, min),
      formatMetric(key, max),
      total,
    ),
  );
  return trans.__("Curve of %1. %2", spec.title, parts.join(". "));
}

function positionText(kind: XKind, x: number): string {
  if (kind === "step") {
    return trans.__("step %1", x.toLocaleString(undefined, { maximumFractionDigits: 2 }));
  }
  return kind === "time" ? formatDateTime(x).slice(11) : formatDuration(x);
}

/** The numbers in the title: the exact ones under the cursor, otherwise last, min and max. */
function Readout({ spec, whole, settings, hover }: Props & { hover: Hover | null }): JSX.Element {
  const only = whole.length === 1 ? whole[0] : undefined;
  const position = hover && <span class="jp-tracker-at">{positionText(settings.x, hover.x)}</span>;
  if (only) {
    return (
      <span class="jp-tracker-readout">
        {hover ? (
          <>
            {position}
            <b>{exact(hover.values[0])}</b>
          </>
        ) : (
          <>
            <Stat name={trans.__("last")} series={only} value={only.last} />
            {moreIsBetter(only.key) && <Stat name={trans.__("max")} series={only} value={only.max} />}
            <Stat name={trans.__("min")} series={only} value={only.min} />
            {!moreIsBetter(only.key) && <Stat name={trans.__("max")} series={only} value={only.max} />}
          </>
        )}
      </span>
    );
  }
  return (
    <span class="jp-tracker-readout">
      {whole.map((entry, index) => (
        <span
          key={entry.key}
          title={trans.__("%1: last %2, min %3, max %4", entry.key, entry.last, entry.min, entry.max)}
        >
          <i class="jp-tracker-key" style={{ background: `var(--jp-tracker-color-${(index % 8) + 1})` }} />
          <small>{shortLabel(entry.key, spec.title)}</small>{" "}
          <b>{hover ? brief(hover.values[index]) : formatMetric(entry.key, entry.last)}</b>
        </span>
      ))}
      {position}
    </span>
  );
}

/** Where there is room for one of the two only, the better one stands. */
function moreIsBetter(key: string): boolean {
  return /acc|auc|f1|precision|recall|score|iou|map|r2|reward|bleu|rouge/i.test(key);
}

/** Several lines share one row, so their values are shorter; the table has all digits. */
function brief(value: number | null | undefined): string {
  return value == null ? "–" : formatNumber(value, 5);
}

function exact(value: number | null | undefined): string {
  return value == null ? "–" : formatExact(value);
}

function Stat({ name, series, value }: { name: string; series: Series; value: number }): JSX.Element {
  return (
    <span title={`${name} ${value}`}>
      <small>{name}</small> <b>{formatMetric(series.key, value)}</b>
    </span>
  );
}
