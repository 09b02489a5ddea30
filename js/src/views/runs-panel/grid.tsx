import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { selectRange } from "../../core/table-selection";
import type { TableSession } from "../../core/table-session";
import { visibleRows } from "../../core/virtual";
import { trans } from "../../core/translate";
import type { ColumnPlace } from "./column-layout";
import { CHECK_WIDTH, columnsBetween, placeColumns, scrollToColumn, sparksOf } from "./column-layout";
import { followSideways, useSide } from "./sideways";
import type { Cursor } from "./grid-keys";
import { gridKey } from "./grid-keys";
import { HeaderRow } from "./header-row";
import { useRoom } from "./room";
import { groupElement, rowElement } from "./row";
import { useUniqueId } from "../common/hooks";

export const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 28;
const LEAST_LINES = 4;
const MOST_LINES = 15;
/** Lines are drawn in steps of so many, so that a scroll by a few pixels draws nothing. */
const STEP = 8;

export interface GridActions {
  readonly open: (run: string) => void;
  readonly filterBy: (line: number, column: number) => void;
  readonly focusFilter: () => void;
  readonly copy: () => void;
  readonly leave: () => void;
}

interface Props extends GridActions {
  readonly session: TableSession;
  readonly scroller: RefObject<HTMLDivElement>;
  /** What the table may fill; null where it is one output among others. */
  readonly room: HTMLElement | null;
  /** Changes when relative times must be written anew. */
  readonly tick: number;
}

interface Drawn {
  readonly key: string;
  readonly row: unknown;
  readonly spark: string;
  readonly element: JSX.Element;
}

/** The table: only the lines on the screen are drawn, and of those only the ones that have changed. */
export function Grid(props: Props): JSX.Element {
  const { session, scroller, room, tick } = props;
  const [top, setTop] = useState(0);
  const [side, measure] = useSide(scroller);
  const [cursor, setCursor] = useState<Cursor>({ line: 0, column: 0 });
  const [focused, setFocused] = useState(false);
  const anchor = useRef<number | null>(null);
  const drawn = useRef(new Map<number, Drawn>());
  const pins = useRef(followSideways());
  const base = useUniqueId();

  const { layout, settings, selected } = session;
  const columns = session.columns();
  const places = useRef<readonly ColumnPlace[]>([]);
  const placesKey = useRef<unknown[]>([]);
  if (placesKey.current[0] !== columns || placesKey.current[1] !== settings.view) {
    placesKey.current = [columns, settings.view];
    places.current = placeColumns(columns, settings.view);
    drawn.current.clear();
  }
  const fields = useRef(session.fields);
  if (fields.current !== session.fields) {
    fields.current = session.fields;
    drawn.current.clear();
  }
  const width = places.current.reduce((sum, place) => sum + place.width, CHECK_WIDTH);
  const range = columnsBetween(places.current, side.left, side.width);
  const fitting = useRoom(room, ROW_HEIGHT);
  const lines = Math.min(fitting ?? MOST_LINES, Math.max(LEAST_LINES, layout.length));
  const height = lines * ROW_HEIGHT;
  const seen = visibleRows(top, height, ROW_HEIGHT, layout.length, STEP);
  const first = seen.first - (seen.first % STEP);
  const end = Math.min(layout.length, Math.ceil(seen.end / STEP) * STEP);
  const at: Cursor = {
    line: Math.min(cursor.line, layout.length - 1),
    column: Math.min(cursor.column, columns.length - 1),
  };

  const idOf = (line: number, column: number): string => `${base}-${line}-${column}`;
  const look = (line: number): JSX.Element | null => {
    const found = layout.at(line);
    const active = focused && at.line === line ? at.column : null;
    if (found === null) {
      return null;
    }
    const row = found.kind === "row" ? session.rows.at(found.place) : found.group;
    const isSelected = row !== undefined && "id" in row && selected.has(row.id);
    const spark = row !== undefined && "id" in row ? sparksOf(session, row, places.current) : "";
    const key = `${tick} ${range.from} ${range.to} ${active} ${isSelected} ${found.kind === "group" && found.open}`;
    const known = drawn.current.get(line);
    if (known?.key === key && known.row === row && known.spark === spark) {
      return known.element;
    }
    const element =
      found.kind === "group"
        ? groupElement({
            group: found.group,
            param: settings.view.group,
            open: found.open,
            line,
            active: active !== null,
            id: idOf(line, at.column),
            columns: columns.length,
          })
        : rowElement({
            session,
            places: places.current,
            range,
            row: session.rows.at(found.place),
            line,
            selected: isSelected,
            active,
            idOf,
          });
    drawn.current.set(line, { key, row, spark, element });
    return element;
  };
  const elements: (JSX.Element | null)[] = [];
  for (let line = first; line < end; line += 1) {
    elements.push(look(line));
  }
  for (const line of drawn.current.keys()) {
    if (line < first || line >= end) {
      drawn.current.delete(line);
    }
  }

  // What came in above must not move what is being read.
  useLayoutEffect(() => {
    const element = scroller.current;
    const shift = session.rows.shift;
    session.rows.shift = 0;
    if (element !== null && shift !== 0) {
      element.scrollTop = shift === -Infinity ? 0 : element.scrollTop + shift * ROW_HEIGHT;
    }
  });
  const { version } = session.rows;
  useEffect(() => {
    session.show(Math.floor(top / ROW_HEIGHT), Math.ceil((top + height) / ROW_HEIGHT));
  }, [session, first, end, version, layout, columns, height]);

  const moveTo = (next: Cursor): void => {
    setCursor(next);
    const element = scroller.current;
    if (element === null) {
      return;
    }
    if (next.line >= 0) {
      const y = next.line * ROW_HEIGHT;
      element.scrollTop = Math.min(y, Math.max(element.scrollTop, y + ROW_HEIGHT - height));
    }
    scrollToColumn(element, places.current, next.column);
  };
  const runAt = (line: number): string | null => {
    const found = layout.at(line);
    return found?.kind === "row" ? (session.rows.at(found.place)?.id ?? null) : null;
  };
  const placeAt = (line: number): number => {
    const found = layout.at(line);
    return found?.kind === "row" ? found.place : (found?.group.start ?? 0);
  };
  const selectTo = (line: number): void => {
    const from = anchor.current ?? line;
    void selectRange(session, placeAt(from), placeAt(line));
  };
  const toggle = (line: number): void => {
    const found = layout.at(line);
    if (found?.kind === "group") {
      session.toggleGroup(found.group.key);
      return;
    }
    const run = runAt(line);
    if (run !== null) {
      anchor.current = line;
      session.toggle(run);
    }
  };
  const selectAll = (): void => {
    const count = session.rows.count ?? 0;
    if (session.selected.size >= count) {
      session.select([]);
    } else {
      void selectRange(session, 0, count - 1);
    }
  };

  const onClick = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    const line = Number(target.closest<HTMLElement>("[data-line]")?.dataset.line ?? NaN);
    if (Number.isNaN(line)) {
      return;
    }
    const column = Number(target.closest<HTMLElement>("[data-column]")?.dataset.column ?? 0);
    setCursor({ line, column });
    if (event.shiftKey) {
      event.preventDefault();
      selectTo(line);
    } else if (event.altKey) {
      props.filterBy(line, column);
    } else if (
      event.ctrlKey ||
      event.metaKey ||
      target.closest(".jp-tracker-check") !== null ||
      layout.at(line)?.kind === "group"
    ) {
      toggle(line);
    } else if (target.dataset.open !== undefined) {
      const run = runAt(line);
      if (run !== null) {
        props.open(run);
      }
    } else {
      anchor.current = line;
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.floor(height / ROW_HEIGHT) - 1;
    const meant = gridKey(event, {
      ...props,
      cursor: at,
      page,
      places: places.current,
      moveTo,
      toggle,
      selectTo: (line) => {
        anchor.current ??= at.line;
        selectTo(line);
        moveTo({ ...at, line });
      },
      selectAll,
      runAt,
    });
    if (meant) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  return (
    <div
      ref={scroller}
      class="jp-tracker-runs-grid"
      style={{ height: `${height + HEAD_HEIGHT + 14}px` }}
      role="grid"
      aria-label={trans.__("Runs")}
      aria-rowcount={layout.length + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={focused ? idOf(at.line, at.column) : undefined}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onScroll={(event) => {
        setTop(event.currentTarget.scrollTop);
        measure(event.currentTarget);
        pins.current(event.currentTarget);
      }}
      onClick={onClick}
      onDblClick={(event) => {
        const line = Number(
          (event.target as HTMLElement).closest<HTMLElement>("[data-line]")?.dataset.line ?? NaN,
        );
        const run = Number.isNaN(line) ? null : runAt(line);
        if (run !== null) {
          props.open(run);
        }
      }}
      onKeyDown={onKeyDown}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <div style={{ width: `${width}px`, minWidth: "100%" }}>
        <HeaderRow
          session={session}
          places={places.current}
          active={focused && at.line < 0 ? at.column : null}
          idOf={(column) => idOf(-1, column)}
          onSelectAll={selectAll}
        />
        <div
          class="jp-tracker-list-space"
          style={{ height: `${layout.length * ROW_HEIGHT}px`, width: "100%" }}
        >
          <div class="jp-tracker-runs-lines" style={{ transform: `translateY(${first * ROW_HEIGHT}px)` }}>
            {elements}
          </div>
        </div>
      </div>
    </div>
  );
}
