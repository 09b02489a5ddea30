/** What the keys mean in the table. */

import type { TableSession } from "../../core/table-session";
import type { ColumnPlace } from "./column-layout";
import { moveColumn } from "./column-layout";
import type { GridActions } from "./grid";
import { setColumns, setWidth, sortBy, togglePin } from "./header-row";

/** Line -1 is the header. */
export interface Cursor {
  readonly line: number;
  readonly column: number;
}

interface Grid extends GridActions {
  readonly session: TableSession;
  readonly cursor: Cursor;
  /** Lines of a page. */
  readonly page: number;
  readonly places: readonly ColumnPlace[];
  readonly moveTo: (cursor: Cursor) => void;
  readonly toggle: (line: number) => void;
  readonly selectTo: (line: number) => void;
  readonly selectAll: () => void;
  readonly runAt: (line: number) => string | null;
}

/** True when the key meant something here. */
export function gridKey(event: KeyboardEvent, grid: Grid): boolean {
  const { cursor, session, page } = grid;
  if (event.ctrlKey || event.metaKey) {
    return commandKey(event, grid);
  }
  if (cursor.line < 0 && headerKey(event, grid)) {
    return true;
  }
  if (event.altKey) {
    return false;
  }
  const last = session.layout.length - 1;
  const clamp = (line: number): number => Math.max(-1, Math.min(last, line));
  const column = (by: number): void => {
    const to = Math.max(0, Math.min(grid.places.length - 1, cursor.column + by));
    grid.moveTo({ ...cursor, column: to });
  };
  const line = (to: number): void => {
    if (event.shiftKey && to >= 0 && cursor.line >= 0) {
      grid.selectTo(Math.min(last, to));
    } else {
      grid.moveTo({ ...cursor, line: clamp(to) });
    }
  };
  const group = session.layout.at(cursor.line);
  const moves: Record<string, () => void> = {
    ArrowDown: () => line(cursor.line + 1),
    ArrowUp: () => line(cursor.line - 1),
    PageDown: () => line(Math.min(last, cursor.line + page)),
    PageUp: () => line(Math.max(0, cursor.line - page)),
    Home: () => line(0),
    End: () => line(last),
    ArrowLeft: () => {
      if (group?.kind === "group" && group.open) {
        session.toggleGroup(group.group.key);
      } else {
        column(-1);
      }
    },
    ArrowRight: () => {
      if (group?.kind === "group" && !group.open) {
        session.toggleGroup(group.group.key);
      } else {
        column(1);
      }
    },
    " ": () => grid.toggle(cursor.line),
    Enter: () => {
      const run = grid.runAt(cursor.line);
      if (run === null) {
        grid.toggle(cursor.line);
      } else {
        grid.open(run);
      }
    },
    f: () => grid.filterBy(cursor.line, cursor.column),
    "/": () => grid.focusFilter(),
    Escape: () => grid.leave(),
  };
  const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
  move?.();
  return move !== undefined;
}

function commandKey(event: KeyboardEvent, grid: Grid): boolean {
  const key = event.key.toLowerCase();
  if (key === "a") {
    grid.selectAll();
    return true;
  }
  // Text that somebody has marked is copied by the browser.
  if (key === "c" && grid.session.selected.size > 0 && (getSelection()?.isCollapsed ?? true)) {
    grid.copy();
    return true;
  }
  return false;
}

/** In the header: sort, move, resize, pin and hide a column. */
function headerKey(event: KeyboardEvent, grid: Grid): boolean {
  const { session, places, cursor } = grid;
  const place = places[cursor.column];
  if (place === undefined) {
    return false;
  }
  const ids = places.map(({ column }) => column.id);
  const { id } = place.column;
  const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  if (side !== 0 && event.altKey) {
    setColumns(session, moveColumn(ids, id, cursor.column + side));
    grid.moveTo({ ...cursor, column: Math.max(0, Math.min(ids.length - 1, cursor.column + side)) });
  } else if (side !== 0 && event.shiftKey) {
    setWidth(session, id, place.width + side * 12);
  } else if (event.key === "Enter" || event.key === " ") {
    sortBy(session, place, event.shiftKey);
  } else if (event.key === "p") {
    togglePin(session, id);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    setColumns(
      session,
      ids.filter((one) => one !== id),
    );
  } else {
    return false;
  }
  return true;
}
