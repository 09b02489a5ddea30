import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { formatClock } from "../../core/format";
import type { ChartSpec } from "../../core/groups";
import { chartSpecs, sectionsOf } from "../../core/groups";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import type { XKind } from "../chart/axes";
import { isXKind } from "../chart/axes";
import { ChartCard } from "../chart/chart-card";
import { isFlag, isNumber, useChoice } from "../common/choices";
import { useThemeChanges } from "../common/hooks";
import { CurvesToolbar } from "./curves-toolbar";
import { useZoom } from "./zoom";

interface Props {
  readonly session: RunSession;
  readonly keys: readonly string[];
  /** Names these curves among those of the run. */
  readonly name: string;
  readonly initialX: XKind;
  /** Whether points may still come. */
  readonly live: boolean;
  /** Charts with the same key share their cursor. */
  readonly syncKey: string;
  readonly empty: string;
}

/** Charts that a section shows before it is asked for more. */
const AT_ONCE = 24;
/** With fewer charts than this, looking is faster than filtering. */
const FILTER_FROM = 9;

export function Curves({ session, keys, name, initialX, live, syncKey, empty }: Props): JSX.Element {
  const [x, setX] = useChoice(session, `${name} x`, initialX, isXKind);
  const [logY, setLogY] = useChoice(session, `${name} log y`, false, isFlag);
  const [smoothing, setSmoothing] = useChoice(session, `${name} smoothing`, 0, isNumber);
  const [filter, setFilter] = useState("");
  const theme = useThemeChanges();
  const run = session.run;
  const origin = run?.startedAt ?? run?.createdAt ?? 0;
  const zoom = useZoom(session, keys, x, origin);

  const specs = useMemo(() => chartSpecs(keys), [keys.join("\n")]);
  const wanted = filter.trim().toLowerCase();
  const shown = specs.filter(({ keys: own }) => own.some((key) => key.toLowerCase().includes(wanted)));
  const settings = useMemo(() => ({ x, logY, smoothing, origin }), [x, logY, smoothing, origin]);

  const sections = sectionsOf(shown);
  const mark = markOn(session, x, origin);
  const chart = (spec: ChartSpec): JSX.Element => {
    const whole = spec.keys.map((key) => session.series.get(key)).filter((series) => series !== undefined);
    return (
      <ChartCard
        key={spec.keys.join("\n")}
        spec={spec}
        whole={whole}
        series={whole.map((entry) => zoom.series(entry.key) ?? entry)}
        settings={settings}
        range={zoom.range}
        mark={mark}
        syncKey={syncKey}
        theme={theme}
        onZoom={zoom.zoomTo}
        onReset={zoom.reset}
      />
    );
  };

  if (specs.length === 0 && !live) {
    // Nothing can come any more for which a place would have to be kept.
    return <p class="jp-tracker-empty">{empty}</p>;
  }
  return (
    <>
      <CurvesToolbar
        x={x}
        logY={logY}
        smoothing={smoothing}
        filter={specs.length >= FILTER_FROM ? filter : null}
        zoomed={zoom.range !== null}
        onX={(kind) => {
          zoom.reset();
          setX(kind);
        }}
        onLogY={setLogY}
        onSmoothing={setSmoothing}
        onFilter={setFilter}
        onResetZoom={zoom.reset}
      />
      {zoom.error !== null && (
        <p class="jp-tracker-error" role="alert">
          {trans.__("Finer points did not come: %1", zoom.error)}
        </p>
      )}
      {session.mark !== null && (
        <p class="jp-tracker-mark">
          {trans.__("The line is at %1.", formatClock(session.mark))}{" "}
          <button type="button" class="jp-tracker-link" onClick={() => session.pointTo(null)}>
            {trans.__("Take it away")}
          </button>
        </p>
      )}
      <div class="jp-tracker-charts">
        {specs.length === 0 && <p class="jp-tracker-empty">{empty}</p>}
        {sections.map((section) => (
          <Section
            key={section.name}
            name={sections.length > 1 && section.name !== "" ? section.name : null}
            specs={section.specs}
            chart={chart}
          />
        ))}
        {specs.length > 0 && shown.length === 0 && (
          <p class="jp-tracker-empty">{trans.__("No metric contains “%1”.", filter.trim())}</p>
        )}
      </div>
    </>
  );
}

interface SectionProps {
  /** null for one that needs no name: the only one, or the keys without a prefix. */
  readonly name: string | null;
  readonly specs: readonly ChartSpec[];
  readonly chart: (spec: ChartSpec) => JSX.Element;
}

function Section({ name, specs, chart }: SectionProps): JSX.Element {
  const [open, setOpen] = useState(true);
  const [most, setMost] = useState(AT_ONCE);
  return (
    <section aria-label={name ?? trans.__("Curves")}>
      {name !== null && (
        <button type="button" class="jp-tracker-section" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span aria-hidden="true">{open ? "▾" : "▸"}</span> {name}
          <span class="jp-tracker-tab-count">{specs.length}</span>
        </button>
      )}
      {open && <div class="jp-tracker-grid">{specs.slice(0, most).map(chart)}</div>}
      {open && specs.length > most && (
        <button type="button" class="jp-tracker-link" onClick={() => setMost(most + 2 * AT_ONCE)}>
          {trans.__("Show more of %1 further curves", (specs.length - most).toLocaleString())}
        </button>
      )}
    </section>
  );
}

/** Where the marked moment stands on an x axis: at the step of the point before it, where steps are shown. */
function markOn(session: RunSession, x: XKind, origin: number): number | null {
  const { mark } = session;
  if (mark === null || x !== "step") {
    return mark === null ? null : x === "time" ? mark : mark - origin;
  }
  let found: number | null = null;
  let nearest = -Infinity;
  for (const { length, time, step } of session.series.values()) {
    for (let low = 0, high = length; low < high;) {
      const middle = (low + high) >> 1;
      const at = time[middle] ?? Infinity;
      if (at <= mark) {
        if (at > nearest) {
          nearest = at;
          found = step[middle] ?? null;
        }
        low = middle + 1;
      } else {
        high = middle;
      }
    }
  }
  return found;
}
