/** The curves of several runs, one chart for each metric, one line for each run. */

import type { JSX } from "preact";
import { render } from "preact";
import { useEffect, useId, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { align } from "../../core/align";
import { formatExact, formatMetric } from "../../core/format";
import type { Host } from "../../core/host";
import type { Series } from "../../core/series";
import type { RunSession } from "../../core/session";
import { sessionOf } from "../../core/session";
import { SYSTEM_PREFIX } from "../../core/wire";
import type { XKind } from "../chart/axes";
import { lineOf } from "../chart/chart-card";
import type { Range } from "../chart/chart";
import { Chart } from "../chart/chart";
import { hueColor, runHue } from "../chart/colors";
import { DataTable } from "../chart/data-table";
import type { Hover } from "../chart/plot";
import { PLOT_HEIGHT } from "../chart/plot";
import { useNearScreen, useThemeChanges } from "../common/hooks";
import { CurvesToolbar } from "../run-panel/curves-toolbar";
import type { Drawing } from "./slots";

/** Pixel columns for which the points are thinned. */
const COLUMNS = 500;
const ZOOM_COLUMNS = 1000;
const FILTER_FROM = 9;

export function mountDrawing(el: HTMLElement, host: Host): Drawing {
  const show = (runs: readonly string[]): void => render(<Curves host={host} runs={runs} />, el);
  return { update: show, unmount: () => render(null, el) };
}

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

function Curves({ host, runs }: { host: Host; runs: readonly string[] }): JSX.Element {
  const sessions = useSessions(host, runs);
  const [look, setLook] = useState<Look>({ x: "step", logY: false, smoothing: 0, range: null });
  const [zoomed, setZoomed] = useState<Zoomed>({ error: null, series: new Map() });
  const [filter, setFilter] = useState("");
  const latest = useRef(0);
  const theme = useThemeChanges();
  const syncKey = useId();

  const keys = [...new Set(sessions.flatMap(({ series }) => [...series.keys()]))].filter(
    (key) => !key.startsWith(SYSTEM_PREFIX),
  );
  const wanted = filter.trim().toLowerCase();
  const waiting = sessions.some(({ run }) => run === null);

  const zoom = (from: number, to: number): void => {
    const attempt = (latest.current += 1);
    setLook((before) => ({ ...before, range: { from, to } }));
    void finer(sessions, look.x, { from, to }).then((found) => {
      if (attempt === latest.current) {
        setZoomed(found);
      }
    });
  };
  const reset = (): void => {
    latest.current += 1;
    setLook((before) => ({ ...before, range: null }));
    setZoomed({ error: null, series: new Map() });
  };
  return (
    <>
      <CurvesToolbar
        x={look.x}
        logY={look.logY}
        smoothing={look.smoothing}
        filter={keys.length >= FILTER_FROM ? filter : null}
        zoomed={look.range !== null}
        onX={(x) => {
          reset();
          setLook((before) => ({ ...before, x }));
        }}
        onLogY={(logY) => setLook((before) => ({ ...before, logY }))}
        onSmoothing={(smoothing) => setLook((before) => ({ ...before, smoothing }))}
        onFilter={setFilter}
        onResetZoom={reset}
      />
      {zoomed.error !== null && (
        <p class="jp-tracker-error" role="alert">
          Finer points did not come: {zoomed.error}
        </p>
      )}
      <div class="jp-tracker-charts jp-tracker-runs-charts">
        {keys.length === 0 && (
          <p class="jp-tracker-empty">{waiting ? "" : "The selected runs have no metrics."}</p>
        )}
        <div class="jp-tracker-grid">
          {keys
            .filter((key) => key.toLowerCase().includes(wanted))
            .map((key) => (
              <Card
                key={key}
                metric={key}
                sessions={sessions}
                look={look}
                zoomed={zoomed.series}
                theme={theme}
                syncKey={syncKey}
                onZoom={zoom}
                onReset={reset}
              />
            ))}
        </div>
      </div>
    </>
  );
}

/** The sessions of some runs, followed as long as they are drawn. */
function useSessions(host: Host, runs: readonly string[]): readonly RunSession[] {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const attached = useRef(new Map<string, () => void>());
  useEffect(() => {
    for (const run of runs) {
      if (!attached.current.has(run)) {
        const session = sessionOf(host, run);
        const leave = [session.subscribe(() => redraw(undefined)), session.attach(COLUMNS)];
        attached.current.set(run, () => leave.forEach((end) => end()));
      }
    }
    for (const [run, leave] of attached.current) {
      if (!runs.includes(run)) {
        leave();
        attached.current.delete(run);
      }
    }
    redraw(undefined);
  }, [runs.join("\n")]);
  useEffect(() => () => attached.current.forEach((leave) => leave()), []);
  return runs.map((run) => sessionOf(host, run));
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
      const range = { from: from + shift, to: to + shift, columns: ZOOM_COLUMNS };
      if (keys.length > 0) {
        try {
          const points = await session.points({ keys, x: x === "step" ? "step" : "time", ...range });
          points.forEach((series, key) => found.set(`${session.id}\n${key}`, series));
        } catch (error) {
          errors.push(String(error));
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
  readonly theme: number;
  readonly syncKey: string;
  readonly onZoom: (from: number, to: number) => void;
  readonly onReset: () => void;
}

function Card({ metric, sessions, look, zoomed, theme, syncKey, onZoom, onReset }: CardProps): JSX.Element {
  const [hover, setHover] = useState<Hover | null>(null);
  const [table, setTable] = useState(false);
  const card = useRef<HTMLElement>(null);
  const near = useNearScreen(card);
  const own = sessions.filter(({ series }) => series.has(metric));
  const whole = own.flatMap(({ series }) => series.get(metric) ?? []);
  const drawn = own.map((session, at) => zoomed.get(`${session.id}\n${metric}`) ?? whole[at]);
  const series = drawn.filter((one) => one !== undefined);
  const names = own.map(({ run, id }) => run?.name ?? id.slice(0, 8));
  const { x, logY, smoothing } = look;
  const data = useMemo(
    () =>
      align(
        series.map((one, at) => {
          const session = own[at];
          return lineOf(one, { x, logY, smoothing, origin: session === undefined ? 0 : originOf(session) });
        }),
      ),
    // A series is changed in place; its version says when.
    [own.map(({ id }) => id).join(), series.map(({ version }) => version).join(), zoomed, x, logY, smoothing],
  );
  const stated = whole.map((one, at) => `${names[at] ?? ""}: last ${formatMetric(metric, one.last)}`);
  return (
    <section ref={card} class="jp-tracker-chart" aria-label={metric}>
      <div class="jp-tracker-chart-head">
        <h4 title={metric}>{metric}</h4>
        <span class="jp-tracker-readout">
          {whole.map((one, at) => (
            <span
              key={own[at]?.id}
              title={`${names[at] ?? ""}: last ${one.last}, min ${one.min}, max ${one.max}`}
            >
              <i class="jp-tracker-key" style={{ background: hueColor(runHue(own[at]?.id ?? "")) }} />
              <small>{names[at]}</small>{" "}
              <b>{hover === null ? formatMetric(metric, one.last) : valueText(hover.values[at])}</b>
            </span>
          ))}
        </span>
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          aria-label={`${metric} as a table`}
          title={table ? "Show the curves" : "Show the values as a table"}
          onClick={() => setTable(!table)}
        >
          ☰
        </button>
      </div>
      {table ? (
        <DataTable series={series} names={names} title={metric} height={PLOT_HEIGHT} />
      ) : near ? (
        <Chart
          label={`Curves of ${metric}. ${stated.join(". ")}`}
          unitKey={metric}
          hues={own.map(({ id }) => runHue(id))}
          data={data}
          x={x}
          logY={logY}
          smoothed={smoothing > 0}
          range={look.range}
          syncKey={syncKey}
          theme={theme}
          onZoom={onZoom}
          onReset={onReset}
          onHover={setHover}
        />
      ) : (
        <div style={{ height: `${PLOT_HEIGHT}px` }} />
      )}
    </section>
  );
}

function valueText(value: number | null | undefined): string {
  return value == null ? "–" : formatExact(value);
}
