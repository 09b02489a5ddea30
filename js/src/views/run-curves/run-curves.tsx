/** The curves of several runs, one chart for each metric, one line for each run. */

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { align } from "../../core/align";
import { metricKeys } from "../../core/compare";
import { formatExact, formatMetric } from "../../core/format";
import { errorText } from "../../core/host";
import type { Series } from "../../core/series";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import type { XKind } from "../chart/axes";
import { isXKind } from "../chart/axes";
import type { Range } from "../chart/chart";
import { Chart } from "../chart/chart";
import { lineOf } from "../chart/chart-card";
import { DataTable } from "../chart/data-table";
import type { Hover } from "../chart/plot";
import { PLOT_HEIGHT } from "../chart/plot";
import { isFlag, isNumber, useChoice } from "../common/choices";
import { useAtRest, useNearScreen, useThemeChanges, useUniqueId } from "../common/hooks";
import { TableIcon } from "../common/table-icon";
import { CurvesToolbar } from "../run-panel/curves-toolbar";
import { colorOf, hueOf, nameOf } from "../compare/legend";

const FILTER_FROM = 9;
/** Charts that are drawn at once; a filter finds the others. */
const MOST_CHARTS = 100;
/** Numbers of more runs would not fit into the head of a chart. */
const MOST_READOUTS = 8;

interface Look {
  readonly x: XKind;
  readonly logY: boolean;
  readonly smoothing: number;
  readonly range: Range | null;
}

interface Zoomed {
  readonly error: string | null;
  /** By run and metric; the finer points of the range. */
  readonly series: ReadonlyMap<string, Series>;
}

const NOTHING: Zoomed = { error: null, series: new Map() };

interface Props {
  /** The run that keeps what was chosen, also when it is not drawn. */
  readonly first: RunSession;
  readonly sessions: readonly RunSession[];
  /** The run that is pointed at. */
  readonly lit: string | null;
  /** Whether the charts name the runs, because no legend does. */
  readonly named?: boolean;
}

export function RunCurves({ first, sessions, lit, named = false }: Props): JSX.Element {
  const [x, setX] = useChoice<XKind>(first, "compare x", "step", isXKind);
  const [logY, setLogY] = useChoice(first, "compare log y", false, isFlag);
  const [smoothing, setSmoothing] = useChoice(first, "compare smoothing", 0, isNumber);
  const [range, setRange] = useState<Range | null>(null);
  const [zoomed, setZoomed] = useState(NOTHING);
  const [filter, setFilter] = useState("");
  const latest = useRef(0);
  const atRest = useAtRest();
  const theme = useThemeChanges();
  const syncKey = useUniqueId();

  const keys = metricKeys(sessions);
  const wanted = filter.trim().toLowerCase();
  const found = keys.filter((key) => key.toLowerCase().includes(wanted));
  const zoom = (from: number, to: number): void => {
    const attempt = (latest.current += 1);
    setRange({ from, to });
    const ask = async (): Promise<void> => {
      const points = await finer(sessions, x, { from, to });
      if (attempt === latest.current) {
        setZoomed(points);
      }
    };
    atRest(() => void ask());
  };
  const reset = (): void => {
    latest.current += 1;
    atRest(null);
    setRange(null);
    setZoomed(NOTHING);
  };
  return (
    <>
      <CurvesToolbar
        x={x}
        logY={logY}
        smoothing={smoothing}
        filter={keys.length >= FILTER_FROM ? filter : null}
        zoomed={range !== null}
        onX={(kind) => {
          reset();
          setX(kind);
        }}
        onLogY={setLogY}
        onSmoothing={setSmoothing}
        onFilter={setFilter}
        onResetZoom={reset}
      />
      {zoomed.error !== null && (
        <p class="jp-tracker-error" role="alert">
          {trans.__("Finer points did not come: %1", zoomed.error)}
        </p>
      )}
      <div class="jp-tracker-charts">
        {keys.length === 0 && (
          <p class="jp-tracker-empty">{trans.__("These runs have no metrics: call run.log({...}).")}</p>
        )}
        {keys.length > 0 && found.length === 0 && (
          <p class="jp-tracker-empty">{trans.__("No metric contains “%1”.", filter.trim())}</p>
        )}
        <div class="jp-tracker-grid">
          {found.slice(0, MOST_CHARTS).map((key) => (
            <Card
              key={key}
              metric={key}
              sessions={sessions}
              look={{ x, logY, smoothing, range }}
              zoomed={zoomed.series}
              lit={lit}
              named={named || lit !== null}
              theme={theme}
              syncKey={syncKey}
              onZoom={zoom}
              onReset={reset}
            />
          ))}
        </div>
        {found.length > MOST_CHARTS && (
          <p class="jp-tracker-empty">
            {trans.__("… and %1 more metrics: filter for them.", found.length - MOST_CHARTS)}
          </p>
        )}
      </div>
    </>
  );
}

function originOf({ run }: RunSession): number {
  return run?.startedAt ?? run?.createdAt ?? 0;
}

/** The points of a range where they were thinned. */
async function finer(sessions: readonly RunSession[], x: XKind, { from, to }: Range): Promise<Zoomed> {
  const found = new Map<string, Series>();
  const errors: string[] = [];
  await Promise.all(
    sessions.map(async (session) => {
      const keys = [...session.series.values()].filter(({ sampled }) => sampled).map(({ key }) => key);
      const shift = x === "relative" ? originOf(session) : 0;
      const range = { from: from + shift, to: to + shift, columns: session.resolution };
      if (keys.length > 0) {
        try {
          const points = await session.points({ keys, x: x === "step" ? "step" : "time", ...range });
          points.forEach((series, key) => found.set(`${session.id}\n${key}`, series));
        } catch (error) {
          errors.push(errorText(error));
        }
      }
    }),
  );
  return { error: errors[0] ?? null, series: found };
}

interface CardProps {
  readonly metric: string;
  readonly sessions: readonly RunSession[];
  readonly look: Look;
  readonly zoomed: ReadonlyMap<string, Series>;
  readonly lit: string | null;
  readonly named: boolean;
  readonly theme: number;
  readonly syncKey: string;
  readonly onZoom: (from: number, to: number) => void;
  readonly onReset: () => void;
}

function Card(props: CardProps): JSX.Element {
  const { metric, sessions, look, zoomed } = props;
  const [hover, setHover] = useState<Hover | null>(null);
  const [table, setTable] = useState(false);
  const card = useRef<HTMLElement>(null);
  const near = useNearScreen(card);
  const drawn = sessions.flatMap((session) => {
    const whole = session.series.get(metric);
    const series = zoomed.get(`${session.id}\n${metric}`) ?? whole;
    return whole === undefined || series === undefined
      ? []
      : [{ session, whole, series, name: nameOf(session) }];
  });
  const { x, logY, smoothing } = look;
  const data = useMemo(
    () =>
      align(
        near && !table
          ? drawn.map(({ session, series }) =>
              lineOf(series, { x, logY, smoothing, origin: originOf(session) }),
            )
          : [],
      ),
    // A series is changed in place; its version says when.
    [
      drawn.map(({ session, series }) => `${session.id} ${series.version}`).join(),
      zoomed,
      x,
      logY,
      smoothing,
      near,
      table,
    ],
  );
  const stated = drawn.map(({ name, whole }) =>
    trans.__("%1: last %2", name, formatMetric(metric, whole.last)),
  );
  return (
    <section ref={card} class="jp-tracker-chart" aria-label={metric}>
      <div class="jp-tracker-chart-head">
        <h4 title={metric}>{metric}</h4>
        <span class="jp-tracker-readout">
          {drawn
            .map((one, at) => ({ ...one, at }))
            .filter(({ session }, at) => (props.lit === null ? at < MOST_READOUTS : session.id === props.lit))
            .map(({ session, whole, name, at }) => (
              <span
                key={session.id}
                title={trans.__("%1: last %2, min %3, max %4", name, whole.last, whole.min, whole.max)}
              >
                <i class="jp-tracker-key" style={{ background: colorOf(session) }} />
                {props.named && <small>{name} </small>}
                <b>{hover === null ? formatMetric(metric, whole.last) : exact(hover.values[at])}</b>
              </span>
            ))}
        </span>
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          aria-label={trans.__("%1 as a table", metric)}
          title={table ? trans.__("Show the curves") : trans.__("Show the values as a table")}
          onClick={() => setTable(!table)}
        >
          <TableIcon />
        </button>
      </div>
      {table ? (
        <DataTable
          series={drawn.map(({ series }) => series)}
          names={drawn.map(({ name }) => name)}
          title={metric}
          height={PLOT_HEIGHT}
        />
      ) : near ? (
        <Chart
          label={trans.__("Curves of %1. %2", metric, stated.join(". "))}
          unitKey={metric}
          hues={drawn.map(({ session }) => hueOf(session))}
          data={data}
          x={x}
          logY={logY}
          smoothed={smoothing > 0}
          range={look.range}
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

function exact(value: number | null | undefined): string {
  return value == null ? "–" : formatExact(value);
}
