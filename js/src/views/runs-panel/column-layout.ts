/** Where the columns of the table stand. */

import type { JSX } from "preact";
import type { Column } from "../../core/columns";
import { defaultWidth } from "../../core/columns";
import type { TableLook } from "../../core/table-settings";

/** Width of the column of check boxes. */
export const CHECK_WIDTH = 30;
export const LEAST_WIDTH = 44;
const MOST_WIDTH = 800;

export interface ColumnPlace {
  readonly column: Column;
  readonly width: number;
  readonly pinned: boolean;
  readonly style: JSX.CSSProperties;
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width)));
}

export function placeColumns(columns: readonly Column[], look: TableLook): ColumnPlace[] {
  let left = CHECK_WIDTH;
  return columns.map((column) => {
    const width = clampWidth(look.widths[column.id] ?? defaultWidth(column));
    const pinned = look.pinned.includes(column.id);
    const place = {
      column,
      width,
      pinned,
      style: pinned ? { width: `${width}px`, left: `${left}px` } : { width: `${width}px` },
    };
    left += width;
    return place;
  });
}

/** The columns in another order: the one with the id `moved` stands before or behind its neighbour. */
export function moveColumn(ids: readonly string[], moved: string, to: number): string[] {
  const others = ids.filter((id) => id !== moved);
  const at = Math.max(0, Math.min(others.length, to));
  return [...others.slice(0, at), moved, ...others.slice(at)];
}
