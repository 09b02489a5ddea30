import { useEffect, useRef, useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { Series } from "../../core/series";
import type { RunSession } from "../../core/session";
import type { XKind } from "../chart/axes";
import type { Range } from "../chart/chart";
import { useAtRest } from "../common/hooks";

export interface Zoom {
  /** In units of the x axis; null for the live whole. */
  readonly range: Range | null;
  readonly error: string | null;
  /** The finer points of the range, as soon as they have come. */
  readonly series: (key: string) => Series | undefined;
  readonly zoomTo: (from: number, to: number) => void;
  readonly reset: () => void;
}

interface State {
  readonly range: Range | null;
  readonly series: ReadonlyMap<string, Series>;
  readonly error: string | null;
}

const WHOLE: State = { range: null, series: new Map(), error: null };

/** For so long finer points are waited for before what is held is drawn in the new range (ms): drawn twice, a zoom
 *  takes longer than the answer does. */
const PATIENCE = 50;

/** The part of the x axis that is shown, the same in all charts. What is held is shown in the new range
 *  soon; where the kernel has thinned it, the finer points follow. */
export function useZoom(session: RunSession, keys: readonly string[], x: XKind, origin: number): Zoom {
  const [state, setState] = useState<State>(WHOLE);
  const latest = useRef(0);
  const patience = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(patience.current), []);
  const atRest = useAtRest();

  const zoomTo = (from: number, to: number): void => {
    const request = (latest.current += 1);
    clearTimeout(patience.current);
    // The points of an earlier range stay until the new ones are here, so that nothing flickers.
    const showHeld = (): void => setState((before) => ({ ...before, range: { from, to }, error: null }));
    const thinned = keys.filter((key) => session.series.get(key)?.sampled === true);
    if (thinned.length === 0) {
      showHeld();
      return;
    }
    const shift = x === "relative" ? origin : 0;
    if (atRest(() => fetchPoints(request, thinned, from, to, shift))) {
      patience.current = setTimeout(showHeld, PATIENCE);
    } else {
      showHeld();
    }
  };

  const fetchPoints = (
    request: number,
    thinned: readonly string[],
    from: number,
    to: number,
    shift: number,
  ): void => {
    session
      .points({
        keys: thinned,
        x: x === "step" ? "step" : "time",
        from: from + shift,
        to: to + shift,
        columns: session.resolution,
      })
      .then(
        (series) => {
          if (request === latest.current) {
            clearTimeout(patience.current);
            setState({ range: { from, to }, series, error: null });
          }
        },
        (error: unknown) => {
          if (request === latest.current) {
            clearTimeout(patience.current);
            setState({ range: { from, to }, series: new Map(), error: errorText(error) });
          }
        },
      );
  };

  return {
    range: state.range,
    error: state.error,
    series: (key) => state.series.get(key),
    zoomTo,
    reset: () => {
      latest.current += 1;
      clearTimeout(patience.current);
      atRest(null);
      setState(WHOLE);
    },
  };
}
