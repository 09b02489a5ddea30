import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { chartSpecs } from "../../core/groups";
import type { RunSession } from "../../core/session";
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
          Finer points did not come: {zoom.error}
        </p>
      )}
      <div class="jp-tracker-charts">
        {specs.length === 0 && <p class="jp-tracker-empty">{empty}</p>}
        <div class="jp-tracker-grid">
          {shown.map((spec) => {
            const whole = spec.keys
              .map((key) => session.series.get(key))
              .filter((series) => series !== undefined);
            return (
              <ChartCard
                key={spec.keys.join("\n")}
                spec={spec}
                whole={whole}
                series={whole.map((entry) => zoom.series(entry.key) ?? entry)}
                settings={settings}
                range={zoom.range}
                syncKey={syncKey}
                theme={theme}
                onZoom={zoom.zoomTo}
                onReset={zoom.reset}
              />
            );
          })}
          {specs.length > 0 && shown.length === 0 && (
            <p class="jp-tracker-empty">No metric contains “{filter.trim()}”.</p>
          )}
        </div>
      </div>
    </>
  );
}
