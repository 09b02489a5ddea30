/** Scales and labels of the axes. */

import type uPlot from "uplot";
import { formatBytes, formatClock, formatDateTime, formatDurationTick, formatTick } from "../../core/format";
import type { ChartColors } from "./colors";

export type XKind = "step" | "time" | "relative";

export function isXKind(value: unknown): value is XKind {
  return value === "step" || value === "time" || value === "relative";
}

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, power) => 10 ** power);
const STEP_INCREMENTS = POWERS_OF_TEN.flatMap((power) => [power, 2 * power, 5 * power]);
const DURATION_INCREMENTS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86400),
];
const BYTE_INCREMENTS = Array.from({ length: 50 }, (_, power) => 2 ** power);

function timeTick(time: number, increment: number): string {
  if (increment >= 86400) {
    return formatDateTime(time).slice(5, 10);
  }
  return increment >= 60 ? formatClock(time).slice(0, 5) : formatClock(time);
}

function look(colors: () => ChartColors, font: string): Partial<uPlot.Axis> {
  return {
    stroke: () => colors().axis,
    font,
    grid: { stroke: () => colors().grid, width: 1 },
    ticks: { stroke: () => colors().grid, width: 1, size: 4 },
    gap: 3,
  };
}

export function xAxis(kind: XKind, colors: () => ChartColors): uPlot.Axis {
  const base: uPlot.Axis = { ...look(colors, colors().font), size: 24, space: 56 };
  if (kind === "time") {
    return {
      ...base,
      values: (_plot, splits, _axis, _space, increment) => splits.map((time) => timeTick(time, increment)),
    };
  }
  return kind === "relative"
    ? { ...base, incrs: DURATION_INCREMENTS, values: (_plot, splits) => splits.map(formatDurationTick) }
    : { ...base, incrs: STEP_INCREMENTS, values: (_plot, splits) => splits.map(formatTick) };
}

function onlyPowersOfTen(value: number): number | null {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-9 ? value : null;
}

/** Pixels that labels want, with ticks and gap; most of them fit into what an axis has anyway. */
function widestOf(labels: readonly string[] | null): number {
  return 14 + 6.2 * Math.max(0, ...(labels ?? []).map((each) => each.length));
}

/** `key` decides the unit. On a log axis uPlot leaves out labels by handing null. */
export function yAxis(key: string, logarithmic: boolean, colors: () => ChartColors): uPlot.Axis {
  const bytes = /(^|[/_.])bytes$/.test(key);
  const label = bytes ? (value: number) => formatBytes(value, 4) : formatTick;
  const base = look(colors, colors().font);
  return {
    ...base,
    // Between two powers of ten uPlot draws eight more lines, which hide the curve in a small chart.
    ...(logarithmic
      ? { grid: { ...base.grid, filter: (_plot, splits) => splits.map(onlyPowersOfTen) } }
      : {}),
    size: (_plot, labels) => Math.max(bytes ? 62 : 48, widestOf(labels)),
    space: 28,
    ...(bytes ? { incrs: BYTE_INCREMENTS } : {}),
    values: (_plot, splits: (number | null)[]) => splits.map((value) => (value === null ? "" : label(value))),
  };
}
