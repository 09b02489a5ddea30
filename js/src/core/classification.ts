/** Confusion matrices and curves: reading them from the wire, and what follows from them. No DOM. */

import { sums } from "./confusion";
import type { Fields } from "./parse";
import { isFields, text } from "./parse";
import { trans } from "./translate";

export interface Curve {
  /** The class that it tells from the others; empty where it is pooled over all, or not known. */
  readonly label: string;
  readonly positives: number | null;
  readonly negatives: number | null;
  /** By falling threshold. */
  readonly fpr: Float64Array;
  readonly tpr: Float64Array;
  readonly thresholds: Float64Array;
}

export interface Example {
  readonly true: string;
  readonly predicted: string;
  readonly text: string;
  readonly artifact: string;
}

export interface Classification {
  readonly name: string;
  readonly step: number | null;
  readonly labels: readonly string[];
  /** Row by row; rows are true labels. Empty where no matrix was logged. */
  readonly matrix: Float64Array;
  /** The curve of the whole first, if there is one. */
  readonly curves: readonly Curve[];
  /** Whether the first curve is pooled over all classes. */
  readonly pooled: boolean;
  readonly examples: readonly Example[];
}

export interface Rates {
  readonly fpr: number;
  readonly recall: number;
  /** NaN where the samples are not counted. */
  readonly precision: number;
  readonly f1: number;
}

function doubles(buffers: readonly DataView[], place: unknown): Float64Array {
  const view = typeof place === "number" ? buffers[place] : undefined;
  if (view === undefined) {
    return new Float64Array(0);
  }
  const whole = view.byteLength - (view.byteLength % 8);
  return new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + whole));
}

function count(value: unknown): number | null {
  return typeof value === "number" && value >= 0 ? value : null;
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function parseCurve(value: Fields, buffers: readonly DataView[]): Curve {
  const all = doubles(buffers, value.buffer);
  const size = Math.floor(all.length / 3);
  const [fpr, tpr, thresholds] = [0, 1, 2].map((part) => all.subarray(part * size, (part + 1) * size));
  const at = (column: Float64Array | undefined, index: number): number => column?.[index] ?? NaN;
  const order = Array.from({ length: size }, (_, index) => index)
    .filter((index) => Number.isFinite(at(fpr, index)) || Number.isFinite(at(tpr, index)))
    .sort((a, b) => {
      const [x, y] = [at(thresholds, a), at(thresholds, b)];
      return x === y ? a - b : y - x;
    });
  const pick = (column: Float64Array | undefined): Float64Array =>
    Float64Array.from(order, (index) => at(column, index));
  return {
    label: text(value.label),
    positives: count(value.positives),
    negatives: count(value.negatives),
    fpr: pick(fpr),
    tpr: pick(tpr),
    thresholds: pick(thresholds),
  };
}

export function parseClassifications(value: unknown, buffers: readonly DataView[]): Classification[] {
  return list(value).map((each) => {
    const labels = Array.isArray(each.labels) ? each.labels.map((label) => text(label)) : [];
    const matrix = doubles(buffers, each.matrix);
    return {
      name: text(each.name),
      step: typeof each.step === "number" ? each.step : null,
      labels,
      matrix: matrix.length === labels.length ** 2 ? matrix : new Float64Array(0),
      curves: list(each.curves)
        .map((curve) => parseCurve(curve, buffers))
        .filter(({ fpr }) => fpr.length > 0),
      pooled: each.pooled === true,
      examples: list(each.examples).map((example) => ({
        true: text(example.true),
        predicted: text(example.predicted),
        text: text(example.text),
        artifact: text(example.artifact),
      })),
    };
  });
}

/** The curve of a class; "" is the whole. */
export function curveOf({ curves, pooled }: Classification, label: string): Curve | undefined {
  const first = curves[0];
  if (label === "" && first !== undefined) {
    return pooled || curves.length === 1 ? first : undefined;
  }
  return (pooled ? curves.slice(1) : curves).find((curve) => curve.label === label);
}

export function ratesAt(curve: Curve, index: number): Rates {
  const fpr = curve.fpr[index] ?? NaN;
  const recall = curve.tpr[index] ?? NaN;
  if (curve.positives === null || curve.negatives === null) {
    return { fpr, recall, precision: NaN, f1: NaN };
  }
  const hits = (Number.isNaN(recall) ? 0 : recall) * curve.positives;
  const alarms = (Number.isNaN(fpr) ? 0 : fpr) * curve.negatives;
  // Where nothing is predicted, nothing is predicted wrongly.
  const precision = hits + alarms > 0 ? hits / (hits + alarms) : 1;
  return { fpr, recall, precision, f1: harmonic(precision, recall) };
}

function harmonic(precision: number, recall: number): number {
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : precision + recall;
}

/** The last point whose threshold is not below this one: what is predicted there. */
export function indexAt(curve: Curve, threshold: number): number {
  let low = 0;
  let high = curve.thresholds.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((curve.thresholds[middle] ?? -Infinity) >= threshold) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Least and greatest threshold that can be chosen. */
export function thresholdRange(curves: readonly Curve[]): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const { thresholds } of curves) {
    for (const value of thresholds) {
      if (Number.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  return low <= high ? [low, high] : null;
}

/** Area under the ROC curve by the trapezoid rule. */
export function rocArea({ fpr, tpr }: Curve): number {
  const [xs, ys] = [fpr.slice().sort(), tpr.slice().sort()];
  let area = 0;
  for (let index = 1; index < xs.length; index += 1) {
    const width = (xs[index] ?? NaN) - (xs[index - 1] ?? NaN);
    area += (width * ((ys[index] ?? NaN) + (ys[index - 1] ?? NaN))) / 2;
  }
  return area;
}

/** Precision averaged over recall in steps, as scikit-learn's `average_precision_score`. */
export function averagePrecision(curve: Curve): number {
  if (curve.positives === null || curve.negatives === null || curve.positives === 0) {
    return NaN;
  }
  let area = 0;
  let before = 0;
  for (let index = 0; index < curve.tpr.length; index += 1) {
    const { recall, precision } = ratesAt(curve, index);
    area += (recall - before) * precision;
    before = recall;
  }
  return area;
}

export interface ClassRow {
  readonly label: string;
  /** NaN where the samples are not counted. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly area: number;
  readonly averagePrecision: number;
}

export interface ClassTable {
  readonly rows: readonly ClassRow[];
  readonly averages: readonly ClassRow[];
  /** Whether the numbers are those at the threshold; else as predicted. */
  readonly atThreshold: boolean;
}

/** Each class in numbers, and averages: at a threshold where there are curves, else as the matrix has it. */
export function classTable(data: Classification, threshold: number): ClassTable {
  const own = data.pooled ? data.curves.slice(1) : data.curves;
  const rows = own.length > 0 ? own.flatMap((curve) => curveRows(curve, data, threshold)) : matrixRows(data);
  const whole = data.pooled ? data.curves[0] : undefined;
  const averages =
    rows.length > 1
      ? [average(rows, trans.__("macro average")), average(rows, trans.__("weighted average"), true)]
      : [];
  const pooled = whole && curveRow(whole, trans.__("pooled"), threshold);
  return { rows, averages: pooled ? [...averages, pooled] : averages, atThreshold: own.length > 0 };
}

function curveRow(curve: Curve, label: string, threshold: number): ClassRow {
  const { precision, recall, f1 } = ratesAt(curve, indexAt(curve, threshold));
  const area = rocArea(curve);
  return {
    label,
    support: curve.positives ?? NaN,
    precision,
    recall,
    f1,
    area,
    averagePrecision: averagePrecision(curve),
  };
}

function curveRows(curve: Curve, data: Classification, threshold: number): ClassRow[] {
  const row = curveRow(curve, curve.label || trans.__("positive"), threshold);
  const other = data.labels.find((label) => label !== curve.label);
  if (data.pooled || data.labels.length !== 2 || other === undefined || curve.label === "") {
    return [row];
  }
  // Of two classes the other one is whatever is not predicted as this one.
  const { positives, negatives } = curve;
  if (positives === null || negatives === null) {
    return [row];
  }
  const index = indexAt(curve, threshold);
  const misses = positives * (1 - (curve.tpr[index] ?? NaN));
  const rejected = negatives * (1 - (curve.fpr[index] ?? NaN));
  const precision = misses + rejected > 0 ? rejected / (misses + rejected) : 1;
  const recall = rejected / negatives;
  const f1 = harmonic(precision, recall);
  return [
    { label: other, support: negatives, precision, recall, f1, area: row.area, averagePrecision: NaN },
    row,
  ];
}

function matrixRows({ labels, matrix }: Classification): ClassRow[] {
  const size = labels.length;
  if (matrix.length === 0) {
    return [];
  }
  const { rows, columns } = sums(matrix, size);
  return labels.map((label, at) => {
    const hits = matrix[at * size + at] ?? NaN;
    const [support, predicted] = [rows[at] ?? NaN, columns[at] ?? NaN];
    const f1 = (2 * hits) / (support + predicted);
    const [precision, recall] = [hits / predicted, hits / support];
    return { label, support, precision, recall, f1, area: NaN, averagePrecision: NaN };
  });
}

/** Of those values that are known. */
function average(rows: readonly ClassRow[], label: string, weighted = false): ClassRow {
  const mean = (of: (row: ClassRow) => number): number => {
    let [sum, weights] = [0, 0];
    for (const row of rows) {
      const weight = weighted ? row.support : 1;
      if (!Number.isNaN(of(row)) && weight > 0) {
        sum += weight * of(row);
        weights += weight;
      }
    }
    return weights > 0 ? sum / weights : NaN;
  };
  return {
    label,
    support: rows.reduce((sum, { support }) => sum + support, 0),
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
    area: mean(({ area }) => area),
    averagePrecision: mean((row) => row.averagePrecision),
  };
}
