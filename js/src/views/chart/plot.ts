/** The chart library behind a small face: create, feed, resize, destroy. */

import uPlot from "uplot";
import type { Aligned, AlignedColumn } from "../../core/align";
import type { XKind } from "./axes";
import { xAxis, yAxis } from "./axes";
import type { ChartColors } from "./colors";

export const PLOT_HEIGHT = 148;

export interface PlotOptions {
  readonly key: string;
  readonly lines: number;
  /** Colours of the lines, by their number in the palette; one after the other where they are not given. */
  readonly hues?: readonly number[];
  readonly x: XKind;
  readonly logY: boolean;
  readonly syncKey: string;
  readonly onZoom: (from: number, to: number) => void;
  readonly onReset: () => void;
  /** null when the cursor left. */
  readonly onHover: (hover: Hover | null) => void;
}

/** What is under the cursor: where, and for each line the raw value of its nearest point there. */
export interface Hover {
  readonly index: number;
  readonly x: number;
  readonly values: readonly (number | null)[];
}

export interface PlotLook {
  readonly colors: ChartColors;
  readonly smoothed: boolean;
  readonly range: { readonly from: number; readonly to: number } | null;
  /** Where a moment is marked, on the x axis. */
  readonly mark?: number | null;
}

const DASHES = [
  [6, 3],
  [2, 2],
  [9, 3, 2, 3],
];
const LINE_WIDTH = 1.5;
/** Times that a line goes up or down its whole height from which on it is drawn one pixel wide: nobody sees the
 *  difference in such a hatching, and a wider one takes a browser without GPU thirty times as long. */
const ROUGH = 40;
const NO_SELECTION = { left: 0, top: 0, width: 0, height: 0 };

export class Plot {
  private readonly plot: uPlot;
  private look: PlotLook;

  constructor(element: HTMLElement, options: PlotOptions, look: PlotLook) {
    this.look = look;
    const opts = this.options(options, element.clientWidth || 300);
    this.plot = new uPlot(opts, [[], ...opts.series.slice(1).map(() => [])], element);
  }

  get length(): number {
    return this.plot.data[0].length;
  }

  setData(data: Aligned, look: PlotLook): void {
    const restyle = look.smoothed !== this.look.smoothed;
    this.look = look;
    this.plot.batch(() => {
      if (restyle) {
        for (let index = 2; index < this.plot.series.length; index += 2) {
          this.plot.setSeries(index, { show: look.smoothed });
        }
      }
      data.columns.forEach((column, index) => {
        const series = this.plot.series[index + 1];
        if (series !== undefined) {
          series.width = isRough(column) ? 1 / (window.devicePixelRatio || 1) : LINE_WIDTH;
        }
      });
      this.plot.setData([Array.from(data.x), ...data.columns]);
    });
  }

  recolor(look: PlotLook): void {
    this.look = look;
    this.plot.redraw(false, true);
  }

  resize(width: number): void {
    if (width > 0 && Math.round(width) !== this.plot.width) {
      this.plot.setSize({ width: Math.round(width), height: PLOT_HEIGHT });
    }
  }

  /** Puts the cursor onto a point, for the keyboard. */
  showPoint(index: number): void {
    const x = this.plot.data[0][index];
    if (x !== undefined) {
      const height = this.plot.over.clientHeight;
      this.plot.setCursor({ left: this.plot.valToPos(x, "x"), top: height / 2 });
    }
  }

  hideCursor(): void {
    this.plot.setCursor({ left: -10, top: -10 });
  }

  visibleRange(): { from: number; to: number } | null {
    const { min, max } = this.plot.scales.x ?? {};
    return min == null || max == null ? null : { from: min, to: max };
  }

  destroy(): void {
    this.plot.destroy();
  }

  private options(options: PlotOptions, width: number): uPlot.Options {
    const colors = (): ChartColors => this.look.colors;
    return {
      width,
      height: PLOT_HEIGHT,
      padding: [6, 10, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        sync: { key: options.syncKey, setSeries: false, scales: ["x", null] },
        bind: {
          mousedown: (_plot, _target, begin) => (event) => {
            if (event.shiftKey && this.look.range !== null) {
              this.pan(event, options.onZoom);
              return null;
            }
            return begin(event);
          },
          dblclick: () => () => {
            options.onReset();
            return null;
          },
        },
      },
      scales: {
        x: { time: options.x === "time", range: (plot, min, max) => this.xRange(plot, min, max) },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- uPlot names it in types only
        y: options.logY ? { distr: 3 } : {},
      },
      axes: [xAxis(options.x, colors), yAxis(options.key, options.logY, colors)],
      series: [{}, ...this.lines(options.lines, options.hues)],
      hooks: {
        setCursor: [(plot) => options.onHover(hoverOf(plot))],
        setSelect: [(plot) => this.onSelect(plot, options.onZoom)],
        draw: [(plot) => this.drawMark(plot)],
      },
    };
  }

  /** Moves the range with the pointer until it is let go. */
  private pan(down: MouseEvent, onZoom: PlotOptions["onZoom"]): void {
    const { range } = this.look;
    const width = this.plot.over.clientWidth;
    if (range === null || width === 0) {
      return;
    }
    const scale = (range.to - range.from) / width;
    const move = (event: MouseEvent): void => {
      const by = (down.clientX - event.clientX) * scale;
      onZoom(range.from + by, range.to + by);
    };
    const up = (): void => {
      window.removeEventListener("mousemove", move, true);
      window.removeEventListener("mouseup", up, true);
    };
    // JupyterLab takes Shift and a drag for a selection of cells, and keeps its moves from everybody below the window.
    window.addEventListener("mousemove", move, true);
    window.addEventListener("mouseup", up, true);
  }

  private drawMark(plot: uPlot): void {
    const { mark, colors } = this.look;
    const { left, top, width, height } = plot.bbox;
    const x = mark == null ? NaN : plot.valToPos(mark, "x", true);
    if (!(x >= left && x <= left + width)) {
      return;
    }
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = colors.axis;
    ctx.setLineDash([4, 3]);
    ctx.lineWidth = window.devicePixelRatio || 1;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.restore();
  }

  private xRange(plot: uPlot, min: number | null, max: number | null): [number, number] {
    if (this.look.range !== null) {
      return [this.look.range.from, this.look.range.to];
    }
    if (min === null || max === null) {
      return [0, 1];
    }
    // One point alone still needs an axis with a length; uPlot's own would be a hundred long.
    const xs = plot.data[0];
    const from = xs[0] ?? min;
    return from === (xs[xs.length - 1] ?? max) ? [from - 0.5, from + 0.5] : [min, max];
  }

  /** For each key the raw line, and over it the smoothed one. */
  private lines(count: number, hues: readonly number[] = []): uPlot.Series[] {
    const result: uPlot.Series[] = [];
    const used = new Map<number, number>();
    for (let index = 0; index < count; index += 1) {
      const hue = hues[index] ?? index % this.look.colors.lines.length;
      const before = used.get(hue) ?? 0;
      used.set(hue, before + 1);
      const color = (): string => this.look.colors.lines[hue % this.look.colors.lines.length] ?? "#000";
      const faint = (): string => (this.look.smoothed ? withAlpha(color(), "48") : color());
      // Where a colour comes again, lines are told apart by dashes.
      const dash = before === 0 ? {} : { dash: DASHES[(before - 1) % DASHES.length] };
      result.push(
        { stroke: faint, width: LINE_WIDTH, points: { size: 4, fill: faint }, ...dash },
        { stroke: color, width: LINE_WIDTH, points: { show: false }, show: this.look.smoothed, ...dash },
      );
    }
    return result;
  }

  private onSelect(plot: uPlot, onZoom: PlotOptions["onZoom"]): void {
    const { left, width } = plot.select;
    if (width <= 0) {
      return;
    }
    const from = plot.posToVal(left, "x");
    const to = plot.posToVal(left + width, "x");
    plot.setSelect(NO_SELECTION, false);
    // Charts that only follow another one's cursor have no event of their own.
    if (plot.cursor.event != null && to > from) {
      onZoom(from, to);
    }
  }
}

/** Whether a line is more of a hatching than a curve. */
function isRough(column: AlignedColumn): boolean {
  let low = Infinity;
  let high = -Infinity;
  let way = 0;
  let before: number | null = null;
  for (const value of column) {
    if (value != null) {
      low = Math.min(low, value);
      high = Math.max(high, value);
      way += before === null ? 0 : Math.abs(value - before);
      before = value;
    }
  }
  return way > ROUGH * (high - low);
}

function hoverOf(plot: uPlot): Hover | null {
  const index = plot.cursor.idx;
  const x = index == null ? undefined : plot.data[0][index];
  if (index == null || x === undefined) {
    return null;
  }
  const values: (number | null)[] = [];
  for (let series = 1; series < plot.data.length; series += 2) {
    const at = plot.cursor.idxs?.[series] ?? index;
    values.push(plot.data[series]?.[at] ?? null);
  }
  return { index, x, values };
}

/** Palette colours are `#rrggbb`; anything else is drawn as it is. */
function withAlpha(color: string, alpha: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? color + alpha : color;
}
