/** Brings series onto one common x axis, as the chart library wants them. */

/** null is a gap in the line, undefined only means "no point of this series at that x". */
export type AlignedColumn = (number | null | undefined)[];

export interface Line {
  readonly x: Float64Array;
  /** One or more columns over the same x, e.g. the raw and the smoothed values. */
  readonly columns: readonly Float64Array[];
}

export interface Aligned {
  readonly x: Float64Array;
  readonly columns: AlignedColumn[];
}

/** Order of the points by x; null when they are in order already, which is nearly always. */
function orderOf(x: Float64Array): number[] | null {
  for (let index = 1; index < x.length; index += 1) {
    if ((x[index] ?? 0) < (x[index - 1] ?? 0)) {
      return Array.from(x.keys()).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0) || a - b);
    }
  }
  return null;
}

function sorted(line: Line): Line {
  const order = orderOf(line.x);
  if (order === null) {
    return line;
  }
  const pick = (column: Float64Array): Float64Array =>
    Float64Array.from(order, (from) => column[from] ?? NaN);
  return { x: pick(line.x), columns: line.columns.map(pick) };
}

function drawable(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function sameX(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

export function align(lines: readonly Line[]): Aligned {
  const ordered = lines.map(sorted);
  const first = ordered[0];
  if (first === undefined) {
    return { x: new Float64Array(0), columns: [] };
  }
  if (ordered.every((line) => line === first || sameX(line.x, first.x))) {
    return {
      x: first.x,
      columns: ordered.flatMap((line) => line.columns.map((column) => Array.from(column, drawable))),
    };
  }
  const union = new Set<number>();
  for (const line of ordered) {
    for (const value of line.x) {
      union.add(value);
    }
  }
  const x = Float64Array.from(union).sort();
  const place = new Map<number, number>();
  x.forEach((value, index) => place.set(value, index));
  const columns = ordered.flatMap((line) => line.columns.map((column) => spread(line.x, column, place)));
  return { x, columns };
}

/** Several points at one x: the last one stands. */
function spread(x: Float64Array, column: Float64Array, place: Map<number, number>): AlignedColumn {
  const result: AlignedColumn = new Array<undefined>(place.size).fill(undefined);
  x.forEach((value, index) => {
    const at = place.get(value);
    if (at !== undefined) {
      result[at] = drawable(column[index] ?? NaN);
    }
  });
  return result;
}
