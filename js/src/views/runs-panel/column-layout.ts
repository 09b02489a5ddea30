/** Where the columns of the table stand. */

import type { CSSProperties } from "preact";
import type { Column } from "../../core/columns";
import { defaultWidth } from "../../core/columns";
import type { TableSession } from "../../core/table-session";
import type { TableLook } from "../../core/table-settings";
import type { TableRow } from "../../core/table-wire";

/** Width of the column of check boxes. */
export const CHECK_WIDTH = 30;
export const LEAST_WIDTH = 44;
const MOST_WIDTH = 800;

export interface ColumnPlace {
  readonly column: Column;
  readonly width: number;
  readonly pinned: boolean;
  readonly style: CSSProperties;
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
      style: pinned ? { width: `${width}px`, "--jp-tracker-pin": `${left}px` } : { width: `${width}px` },
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

/** Tells whether a curve of a row has come or changed. */
export function sparksOf(session: TableSession, row: TableRow, places: readonly ColumnPlace[]): string {
  let found = "";
  for (const { column } of places) {
    if (column.scope === "spark") {
      found += session.sparks.path(row, column.name) ?? "-";
    }
  }
  return found;
}

/** Brings a column out from under those that are pinned. */
export function scrollToColumn(element: HTMLElement, places: readonly ColumnPlace[], column: number): void {
  const place = places[column];
  if (place === undefined || place.pinned) {
    return;
  }
  const sum = (some: readonly ColumnPlace[]): number =>
    some.reduce((total, { width }) => total + width, CHECK_WIDTH);
  const left = sum(places.slice(0, column));
  const fixed = sum(places.filter(({ pinned }) => pinned));
  element.scrollLeft = Math.min(
    left - fixed,
    Math.max(element.scrollLeft, left + place.width - element.clientWidth),
  );
}

/** Columns that are drawn: those that are pinned, and between `from` and `to` those on the screen. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
  /** Pixels of the columns that are left out on either side. */
  readonly before: number;
  readonly after: number;
}

/** Pixels beyond the screen, so that moving sideways by a little draws nothing. */
const ASIDE = 240;

export function columnsBetween(places: readonly ColumnPlace[], left: number, width: number): ColumnRange {
  const first = places.findIndex(({ pinned }) => !pinned);
  let from = first < 0 ? places.length : first;
  let at = places.slice(0, from).reduce((sum, place) => sum + place.width, CHECK_WIDTH);
  let before = 0;
  for (let next = places[from]; next !== undefined && at + next.width < left - ASIDE; next = places[from]) {
    at += next.width;
    before += next.width;
    from += 1;
  }
  let to = from;
  for (let next = places[to]; next !== undefined && at < left + width + ASIDE; next = places[to]) {
    at += next.width;
    to += 1;
  }
  const after = places.slice(to).reduce((sum, place) => sum + place.width, 0);
  return { from, to, before, after };
}
