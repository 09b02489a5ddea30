/** How a table is looked at: small, and kept by whoever shows it. */

/** What only the eye needs. */
export interface TableLook {
  /** Ids of columns that stay at the left. */
  readonly pinned: readonly string[];
  /** Pixels by id of column. */
  readonly widths: Readonly<Record<string, number>>;
  /** The param by which runs are grouped, as the filter language names it; empty for none. */
  readonly group: string;
  /** Whether curves are drawn above the table. */
  readonly curves: boolean;
}

export interface TableSettings {
  /** Name or id; empty for all. */
  readonly experiment: string;
  readonly where: string;
  readonly order_by: string;
  /** Ids of columns; empty for those that are chosen by what the runs have. */
  readonly columns: readonly string[];
  readonly lifecycle: string;
  readonly selected: readonly string[];
  readonly view: TableLook;
}

export const DEFAULTS: TableSettings = {
  experiment: "",
  where: "",
  order_by: "",
  columns: [],
  lifecycle: "active",
  selected: [],
  view: { pinned: ["name"], widths: {}, group: "", curves: true },
};

/** Those of the changes that change something. */
export function changedKeys(
  settings: TableSettings,
  changes: Partial<TableSettings>,
): Partial<TableSettings> {
  const found = Object.entries(changes).filter(
    ([key, value]) => JSON.stringify(settings[key as keyof TableSettings]) !== JSON.stringify(value),
  );
  return Object.fromEntries(found);
}
