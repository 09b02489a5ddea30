/** The rows of the sidebar as one tree: drawn where they are on the screen, walked by arrow keys. */

import type { JSX } from "preact";
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { scrollToShow, visibleRows } from "../../core/virtual";
import { trans } from "../../core/translate";
import { useSecondTick, useUniqueId } from "../common/hooks";
import type { SidebarModel } from "./model";
import type { Row } from "./rows";
import { RowCells, runTitle } from "./row";
import { refOf } from "./selection";
import type { MenuTarget, Point, Surroundings } from "./surroundings";
import { stateWord } from "../../core/words";

const ROW_HEIGHT = 24;
/** Pixels that the pointer moves before a press becomes a drag. */
const DRAG_DISTANCE = 5;

interface Props {
  readonly model: SidebarModel;
  readonly around: Surroundings;
}

function targetOf(row: Row): MenuTarget | null {
  if (row.kind === "experiment") {
    const { connection, experiment } = row;
    return { kind: "experiment", connection, id: experiment.id, name: experiment.name };
  }
  if (row.kind === "section") {
    return row.connection === null ? null : { kind: "connection", connection: row.connection };
  }
  const ref = refOf(row);
  return ref === null ? null : { kind: "run", ref };
}

function toggle(model: SidebarModel, row: Row): void {
  if (row.kind === "section") {
    model.toggle(row.connection === null ? "closed\nnotebook" : row.key);
  } else if (row.kind === "experiment") {
    model.toggle(row.key);
  }
}

function levelOf(row: Row): number {
  return row.kind === "section" ? 0 : row.kind === "experiment" ? 1 : row.level;
}

function titleOf(row: Row): string | undefined {
  switch (row.kind) {
    case "section":
      return row.title;
    case "experiment":
      return `${row.experiment.name}\n${trans.__(
        "%1 runs, %2 running",
        row.experiment.runs ?? "?",
        row.experiment.active ?? "?",
      )}`;
    case "note":
    case "step":
      return row.text;
    case "filler":
      return undefined;
    case "run":
      return row.run === undefined ? undefined : runTitle(row.run);
  }
}

export function Tree({ model, around }: Props): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const base = useUniqueId();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [focused, setFocused] = useState(0);
  const place = useRef({ top: 0, height: 0 });
  useSecondTick(true);

  const measure = (): void => {
    const element = scroller.current;
    const { top, height } = place.current;
    if (element !== null && (element.scrollTop !== top || element.clientHeight !== height)) {
      place.current = { top: element.scrollTop, height: element.clientHeight };
      redraw(undefined);
    }
  };
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (scroller.current !== null) {
      observer.observe(scroller.current);
    }
    return () => observer.disconnect();
  }, []);

  const { count, at } = model.rows();
  const current = Math.min(focused, Math.max(0, count - 1));
  const { first, end } = visibleRows(place.current.top, place.current.height || 600, ROW_HEIGHT, count, 6);

  const go = (to: number): void => {
    let row = Math.max(0, Math.min(count - 1, to));
    const step = to < current ? -1 : 1;
    while (row > 0 && row < count - 1 && at(row).kind === "filler") {
      row += step;
    }
    setFocused(row);
    const element = scroller.current;
    if (element !== null) {
      element.scrollTop = scrollToShow(row, element.scrollTop, element.clientHeight, ROW_HEIGHT);
    }
  };
  const { selection } = model;
  const act = (row: Row): void => {
    const ref = refOf(row);
    if (row.kind === "step") {
      around.step(row.connection, row.step);
    } else if (ref === null) {
      toggle(model, row);
    } else {
      around.open(ref);
    }
  };
  /** With Shift to a row, and all between are selected. */
  const extend = (to: number): void => {
    const row = Math.max(0, Math.min(count - 1, to));
    if (selection.size === 0) {
      selection.setAnchor(current);
    }
    selection.extend(row, at);
    go(row);
  };
  const openMenu = (event: Point, row: Row, target: MenuTarget): void => {
    const several = selection.size > 1 && selection.has(refOf(row));
    around.showMenu(event, several ? { kind: "runs", refs: selection.list() } : target);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (count === 0) {
      return;
    }
    const row = at(current);
    const open = (row.kind === "section" || row.kind === "experiment") && row.open;
    const folds = row.kind === "section" || row.kind === "experiment";
    const page = Math.max(1, Math.floor(place.current.height / ROW_HEIGHT) - 1);
    const ref = refOf(row);
    const keys: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      PageDown: () => go(current + page),
      PageUp: () => go(current - page),
      Home: () => go(0),
      End: () => go(count - 1),
      Enter: () => act(row),
      " ": () => act(row),
      ArrowRight: () => (folds && !open ? toggle(model, row) : go(current + 1)),
      ArrowLeft: () => (open ? toggle(model, row) : go(parentOf(at, current))),
      Delete: () => ref !== null && around.remove(ref),
      Escape: () => selection.clear(),
      ContextMenu: () => menu(),
    };
    const shifted: Readonly<Record<string, () => void>> = {
      ArrowDown: () => extend(current + 1),
      ArrowUp: () => extend(current - 1),
      F10: () => menu(),
    };
    const withControl: Readonly<Record<string, () => void>> = {
      " ": () => selection.toggle(current, ref),
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
    };
    const menu = (): void => {
      const target = targetOf(row);
      const place = document.getElementById(`${base}-${current}`)?.getBoundingClientRect();
      if (target !== null && place !== undefined) {
        openMenu({ clientX: place.left + 24, clientY: place.bottom }, row, target);
      }
    };
    const table = event.ctrlKey || event.metaKey ? withControl : event.shiftKey ? shifted : keys;
    const action = event.key === "Escape" && selection.size === 0 ? undefined : table[event.key];
    if (action !== undefined && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  };

  const onPointerDown = (event: PointerEvent, row: Row): void => {
    const ref = refOf(row);
    if (event.button !== 0 || ref === null) {
      return;
    }
    const { clientX, clientY } = event;
    const done = (): void => {
      document.removeEventListener("pointermove", moved, true);
      document.removeEventListener("pointerup", done, true);
    };
    const moved = (move: PointerEvent): void => {
      if (Math.hypot(move.clientX - clientX, move.clientY - clientY) > DRAG_DISTANCE) {
        done();
        around.drag(move, selection.has(ref) ? selection.list() : [ref]);
      }
    };
    document.addEventListener("pointermove", moved, true);
    document.addEventListener("pointerup", done, true);
  };

  const now = Date.now() / 1000;
  const rows: JSX.Element[] = [];
  for (let index = first; index < end; index += 1) {
    const row = at(index);
    const level = levelOf(row);
    const ref = refOf(row);
    const target = targetOf(row);
    rows.push(
      <div
        key={row.key}
        id={`${base}-${index}`}
        role={row.kind === "filler" ? "presentation" : "treeitem"}
        class={[
          `jp-tracker-side-row jp-tracker-side-row-${row.kind}`,
          ...(row.kind === "note" && row.trouble ? ["jp-tracker-side-row-trouble"] : []),
          ...(index === current ? ["jp-tracker-side-current"] : []),
          ...(selection.has(ref) ? ["jp-tracker-side-chosen"] : []),
        ].join(" ")}
        style={{ paddingLeft: `${6 + 12 * level}px` }}
        aria-level={level + 1}
        aria-expanded={row.kind === "section" || row.kind === "experiment" ? row.open : undefined}
        aria-selected={selection.size > 0 ? selection.has(ref) : index === current}
        aria-label={ref === null ? undefined : `${ref.run.name}, ${stateWord(ref.run.state)}`}
        title={titleOf(row)}
        onClick={(event) => {
          setFocused(index);
          if (event.ctrlKey || event.metaKey) {
            selection.toggle(index, ref);
          } else if (event.shiftKey) {
            selection.extend(index, at);
          } else {
            selection.clear();
            selection.setAnchor(index);
            act(row);
          }
        }}
        onContextMenu={(event) => {
          if (target !== null) {
            event.preventDefault();
            event.stopPropagation();
            setFocused(index);
            openMenu(event, row, target);
          }
        }}
        onPointerDown={(event) => onPointerDown(event, row)}
      >
        <RowCells
          row={row}
          look={model.look}
          now={now}
          onStar={() => model.toggleFavourite(row.key)}
          onStop={() => ref !== null && around.stop(ref)}
        />
      </div>,
    );
  }
  return (
    <div
      ref={scroller}
      class="jp-tracker-side-tree"
      role="tree"
      aria-label={trans.__("Runs")}
      aria-multiselectable="true"
      aria-activedescendant={count > 0 ? `${base}-${current}` : undefined}
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onScroll={measure}
      onKeyDown={onKeyDown}
    >
      <div class="jp-tracker-side-tree-space" style={{ height: `${count * ROW_HEIGHT}px` }}>
        <div class="jp-tracker-side-tree-rows" style={{ top: `${first * ROW_HEIGHT}px` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

/** The row above that the one at `place` hangs on. */
function parentOf(at: (place: number) => Row, place: number): number {
  const level = levelOf(at(place));
  for (let above = place - 1; above >= 0; above -= 1) {
    // A long list of runs is walked in jumps: its head is what comes before its first row.
    if (levelOf(at(above)) < level) {
      return above;
    }
  }
  return place;
}
