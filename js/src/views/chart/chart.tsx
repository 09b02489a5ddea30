import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Aligned } from "../../core/align";
import type { XKind } from "./axes";
import { readColors } from "./colors";
import type { Hover } from "./plot";
import { PLOT_HEIGHT, Plot } from "./plot";
import { trans } from "../../core/translate";

export interface Range {
  readonly from: number;
  readonly to: number;
}

interface Props {
  readonly label: string;
  readonly unitKey: string;
  /** Colours of the lines; see `PlotOptions`. */
  readonly hues?: readonly number[];
  readonly data: Aligned;
  readonly x: XKind;
  readonly logY: boolean;
  readonly smoothed: boolean;
  readonly range: Range | null;
  readonly mark?: number | null | undefined;
  readonly syncKey: string;
  readonly theme: number;
  readonly onZoom: (from: number, to: number) => void;
  readonly onReset: () => void;
  readonly onHover: (hover: Hover | null) => void;
}

/** One plot on a canvas. Arrow keys walk over the points, + and - zoom, Shift with arrows or the mouse pans, Esc resets. */
export function Chart(props: Props): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const point = useRef<number | null>(null);
  // The plot is made rarely, its callbacks must still see the latest props.
  const latest = useRef(props);
  latest.current = props;
  const lines = props.data.columns.length / 2;
  const hues = props.hues?.join();

  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) {
      return undefined;
    }
    const { range, smoothed, mark = null } = latest.current;
    const made = new Plot(
      target,
      {
        key: props.unitKey,
        lines,
        hues: props.hues,
        x: props.x,
        logY: props.logY,
        syncKey: props.syncKey,
        onZoom: (from, to) => latest.current.onZoom(from, to),
        onReset: () => latest.current.onReset(),
        onHover: (hover) => {
          point.current = hover?.index ?? null;
          latest.current.onHover(hover);
        },
      },
      { colors: readColors(target), smoothed, range, mark },
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.resize(target.clientWidth));
    observer.observe(target);
    return () => {
      plot.current = null;
      observer.disconnect();
      made.destroy();
    };
  }, [lines, hues, props.unitKey, props.x, props.logY, props.syncKey]);

  const { data, smoothed, range, mark = null } = props;
  useLayoutEffect(() => {
    if (element.current !== null) {
      plot.current?.setData(data, { colors: readColors(element.current), smoothed, range, mark });
    }
  }, [data, smoothed, range, mark, lines, hues, props.unitKey, props.x, props.logY, props.syncKey]);

  useEffect(() => {
    if (element.current !== null) {
      plot.current?.recolor({
        ...latest.current,
        mark: latest.current.mark ?? null,
        colors: readColors(element.current),
      });
    }
  }, [props.theme]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const shown = plot.current;
    if (shown !== null && handleKey(event, shown, point.current, latest.current)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  return (
    <div
      ref={element}
      class="jp-tracker-plot"
      style={{ height: `${PLOT_HEIGHT}px` }}
      role="img"
      aria-label={props.label}
      data-note={hasValues(data) ? undefined : trans.__("no finite values")}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
      onBlur={() => plot.current?.hideCursor()}
    />
  );
}

/** Whether there is anything to draw; no points at all are told of elsewhere. */
function hasValues({ x, columns }: Aligned): boolean {
  return x.length === 0 || columns.some((column) => column.some((value) => Number.isFinite(value)));
}

/** True when the key meant something here. */
function handleKey(event: KeyboardEvent, plot: Plot, point: number | null, props: Props): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return false;
  }
  const { onZoom, onReset, range } = props;
  const visible = plot.visibleRange();
  const width = visible === null ? 0 : visible.to - visible.from;
  const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  if (side !== 0 && !event.shiftKey) {
    const start = side < 0 ? plot.length : -1;
    plot.showPoint(Math.min(plot.length - 1, Math.max(0, (point ?? start) + side)));
    return true;
  }
  if (visible === null) {
    return false;
  }
  if (side !== 0 && range !== null) {
    onZoom(visible.from + (side * width) / 4, visible.to + (side * width) / 4);
    return true;
  }
  if (event.key === "+" || event.key === "-") {
    const at = point === null ? undefined : props.data.x[point];
    const middle = at ?? (visible.from + visible.to) / 2;
    const half = event.key === "+" ? width / 4 : width;
    onZoom(middle - half, middle + half);
    return true;
  }
  if (event.key === "Escape" && range !== null) {
    onReset();
    return true;
  }
  return false;
}
