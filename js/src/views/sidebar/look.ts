/** How the sidebar looks, as the reader has set it. */

/** What a row of a run shows besides its name. */
export const COLUMNS = ["state", "sparkline", "metric", "duration", "age"] as const;
export type RowColumn = (typeof COLUMNS)[number];

/** What the reader has set. */
export interface Look {
  /** Drawn beside each run; empty for the first one that the runs have. */
  readonly metric: string;
  readonly columns: readonly RowColumn[];
  /** Seconds between two looks of the server: while a run is active, and while none is. */
  readonly pace: { readonly active: number; readonly quiet: number };
  /** The connection that stands first. */
  readonly first: string;
}

export const DEFAULT_LOOK: Look = {
  metric: "",
  columns: ["state", "sparkline", "age"],
  pace: { active: 2, quiet: 10 },
  first: "local",
};
