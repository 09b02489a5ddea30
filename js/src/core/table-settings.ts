/** How a table is looked at: small, and kept by whoever shows it. */

import { isFields, list, text } from "./parse";

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

/** What was kept by this or another version; what cannot be read is as it is by default. */
export function readSettings(kept: unknown): TableSettings {
  const found = isFields(kept) ? kept : {};
  const look = isFields(found.view) ? found.view : {};
  const widths = Object.entries(isFields(look.widths) ? look.widths : {}).flatMap(([id, width]) =>
    typeof width === "number" ? [[id, width] as const] : [],
  );
  return {
    experiment: text(found.experiment),
    where: text(found.where),
    order_by: text(found.order_by),
    lifecycle: text(found.lifecycle, DEFAULTS.lifecycle),
    columns: texts(found.columns),
    selected: texts(found.selected),
    view: {
      pinned: Array.isArray(look.pinned) ? texts(look.pinned) : DEFAULTS.view.pinned,
      widths: Object.fromEntries(widths),
      group: text(look.group),
      curves: look.curves !== false,
    },
  };
}

function texts(value: unknown): string[] {
  return list(value).flatMap((entry) => (typeof entry === "string" ? [entry] : []));
}
