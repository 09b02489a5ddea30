/** Confusion matrices: sums, shares, and the order of the classes. */

/** Sums of the rows and the columns; cells that are no numbers count as zero. */
export function sums(matrix: Float64Array, size: number): { rows: Float64Array; columns: Float64Array } {
  const [rows, columns] = [new Float64Array(size), new Float64Array(size)];
  matrix.forEach((cell, at) => {
    if (Number.isFinite(cell)) {
      const [row, column] = [Math.floor(at / size), at % size];
      rows[row] = (rows[row] ?? 0) + cell;
      columns[column] = (columns[column] ?? 0) + cell;
    }
  });
  return { rows, columns };
}

export interface Matrix {
  readonly labels: readonly string[];
  /** Row by row; rows are true labels. */
  readonly matrix: Float64Array;
}

export const SORTS = ["as logged", "by name", "most samples first", "most mistaken first"] as const;
export type Sort = (typeof SORTS)[number];

/** In which order the classes are shown. */
export function sortedClasses({ labels, matrix }: Matrix, sort: Sort): number[] {
  const places = labels.map((_, at) => at);
  const size = labels.length;
  const { rows, columns } = sums(matrix, size);
  const wrong = (at: number): number =>
    (rows[at] ?? 0) + (columns[at] ?? 0) - 2 * (matrix[at * size + at] ?? 0);
  switch (sort) {
    case "by name":
      return places.sort((a, b) =>
        (labels[a] ?? "").localeCompare(labels[b] ?? "", undefined, { numeric: true }),
      );
    case "most samples first":
      return places.sort((a, b) => (rows[b] ?? 0) - (rows[a] ?? 0) || a - b);
    case "most mistaken first":
      return places.sort((a, b) => wrong(b) - wrong(a) || a - b);
    default:
      return places;
  }
}

/** Each cell as a share of its row or of its column; 0 where there is nothing. */
export function shares(matrix: Float64Array, size: number, of: "row" | "column"): Float64Array {
  const { rows, columns } = sums(matrix, size);
  return matrix.map((cell, at) => {
    const whole = of === "row" ? rows[Math.floor(at / size)] : columns[at % size];
    const share = cell / (whole ?? NaN);
    return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  });
}
