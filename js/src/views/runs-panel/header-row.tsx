import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { columnLabel, isNumeric } from "../../core/columns";
import { nextOrder, parseOrder, subjectOf } from "../../core/order";
import type { TableSession } from "../../core/table-session";
import { trans } from "../../core/translate";
import type { ColumnPlace } from "./column-layout";
import { CHECK_WIDTH, clampWidth, moveColumn } from "./column-layout";

interface Props {
  readonly session: TableSession;
  readonly places: readonly ColumnPlace[];
  /** Column of the cursor while it is in the header. */
  readonly active: number | null;
  readonly idOf: (column: number) => string;
  readonly onSelectAll: () => void;
}

/** A move of less than this (px) is still a click. */
const DRAG_FROM = 5;

export function setWidth(session: TableSession, id: string, width: number): void {
  const { view } = session.settings;
  void session.change({ view: { ...view, widths: { ...view.widths, [id]: clampWidth(width) } } });
}

export function setColumns(session: TableSession, columns: readonly string[]): void {
  void session.change({ columns });
}

export function togglePin(session: TableSession, id: string): void {
  const { view } = session.settings;
  const pinned = view.pinned.includes(id) ? view.pinned.filter((one) => one !== id) : [...view.pinned, id];
  void session.change({ view: { ...view, pinned } });
}

export function sortBy(session: TableSession, { column }: ColumnPlace, add: boolean): void {
  const numeric = isNumeric(column, session.fields) || column.scope === "spark";
  void session.change({ order_by: nextOrder(session.settings.order_by, column, numeric, add) });
}

/** Click sorts, dragging a title moves its column, dragging its edge makes it wider. The keys for that are in grid.tsx. */
export function HeaderRow({ session, places, active, idOf, onSelectAll }: Props): JSX.Element {
  const terms = parseOrder(session.settings.order_by);
  const drag = useRef<{ id: string; x: number; moved: boolean } | null>(null);
  const [target, setTarget] = useState<number | null>(null);
  const all =
    session.rows.count !== null && session.rows.count > 0 && session.selected.size >= session.rows.count;
  const ids = places.map(({ column }) => column.id);

  /** Before which column a point lies. */
  const columnAt = (row: HTMLElement, x: number): number => {
    const cells = Array.from(row.querySelectorAll<HTMLElement>("[data-column]"));
    const found = cells.findIndex((cell) => {
      const { left, width } = cell.getBoundingClientRect();
      return x < left + width / 2;
    });
    return found < 0 ? cells.length : found;
  };
  const onMove = (event: PointerEvent): void => {
    const { current } = drag;
    const row = (event.currentTarget as HTMLElement).parentElement;
    if (current === null || row === null) {
      return;
    }
    current.moved ||= Math.abs(event.clientX - current.x) > DRAG_FROM;
    if (current.moved) {
      setTarget(columnAt(row, event.clientX));
    }
  };
  const onUp = (event: PointerEvent, place: ColumnPlace): void => {
    const { current } = drag;
    drag.current = null;
    setTarget(null);
    if (current?.moved === true && target !== null) {
      const from = ids.indexOf(current.id);
      setColumns(session, moveColumn(ids, current.id, target > from ? target - 1 : target));
    } else if (current !== null) {
      sortBy(session, place, event.shiftKey);
    }
  };

  return (
    <div class="jp-tracker-head-row" role="row" aria-rowindex={1}>
      <div
        class="jp-tracker-cell jp-tracker-check jp-tracker-pinned"
        role="columnheader"
        style={{ width: `${CHECK_WIDTH}px` }}
      >
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={trans.__("Select all runs")}
          checked={all}
          ref={(box) => {
            if (box !== null) {
              box.indeterminate = session.selected.size > 0 && !all;
            }
          }}
          onChange={onSelectAll}
        />
      </div>
      {places.map((place, index) => {
        const { column, pinned, style } = place;
        const at = terms.findIndex(({ subject }) => subject === subjectOf(column));
        const term = column.scope === "spark" ? undefined : terms[at];
        const label = columnLabel(column);
        const classes = [
          "jp-tracker-cell jp-tracker-column",
          pinned ? "jp-tracker-pinned" : "",
          isNumeric(column, session.fields) ? "jp-tracker-number" : "",
          active === index ? "jp-tracker-active" : "",
          target === index ? "jp-tracker-drop" : "",
        ];
        return (
          <div
            key={column.id}
            id={idOf(index)}
            class={classes.join(" ")}
            style={style}
            role="columnheader"
            aria-colindex={index + 2}
            aria-sort={term === undefined ? "none" : term.descending ? "descending" : "ascending"}
            data-column={column.id}
            title={trans.__("%1\nclick: sort, Shift-click: sort by it as well, drag: move", column.id)}
            onPointerDown={(event) => {
              if (event.button === 0) {
                drag.current = { id: column.id, x: event.clientX, moved: false };
                event.currentTarget.setPointerCapture(event.pointerId);
              }
            }}
            onPointerMove={onMove}
            onPointerUp={(event) => onUp(event, place)}
            onPointerCancel={() => {
              drag.current = null;
              setTarget(null);
            }}
          >
            {column.scope === "spark" && <SparkSign />}
            <span class="jp-tracker-column-label">{label}</span>
            {term !== undefined && (
              <span class="jp-tracker-sort" aria-hidden="true">
                {term.descending ? "▾" : "▴"}
                {terms.length > 1 && <small>{at + 1}</small>}
              </span>
            )}
            <Edge session={session} place={place} />
          </div>
        );
      })}
    </div>
  );
}

function SparkSign(): JSX.Element {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" role="img" aria-label={trans.__("curve of")}>
      <path d="M1 10 4 4l3 4 4-6" fill="none" stroke="currentColor" />
    </svg>
  );
}

/** Dragged, it makes the column wider; clicked twice, as wide as it was at first. */
function Edge({ session, place }: { session: TableSession; place: ColumnPlace }): JSX.Element {
  const start = useRef<{ x: number; width: number } | null>(null);
  const { id } = place.column;
  return (
    <span
      class="jp-tracker-edge"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.stopPropagation();
        start.current = { x: event.clientX, width: place.width };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        event.stopPropagation();
        const cell = event.currentTarget.parentElement;
        if (start.current !== null && cell !== null) {
          cell.style.width = `${clampWidth(start.current.width + event.clientX - start.current.x)}px`;
        }
      }}
      onPointerUp={(event) => {
        event.stopPropagation();
        if (start.current !== null && event.clientX !== start.current.x) {
          setWidth(session, id, start.current.width + event.clientX - start.current.x);
        }
        start.current = null;
      }}
      onDblClick={(event) => {
        event.stopPropagation();
        const { view } = session.settings;
        const widths = Object.fromEntries(Object.entries(view.widths).filter(([key]) => key !== id));
        void session.change({ view: { ...view, widths } });
      }}
    />
  );
}
