import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { offsetOf, spaceHeight, visibleRows } from "../../core/virtual";

interface Props {
  readonly scroller: RefObject<HTMLDivElement>;
  readonly count: number;
  readonly rowHeight: number;
  readonly row: (index: number) => JSX.Element | null;
  readonly onScroll?: (element: HTMLDivElement) => void;
  /** Which rows are drawn now. */
  readonly onRows?: (first: number, end: number) => void;
  readonly label: string;
  readonly role: "log" | "list";
}

/** Draws only the rows on the screen; every row has the same height. */
export function VirtualList(props: Props): JSX.Element {
  const { scroller, count, rowHeight, row, onScroll, onRows } = props;
  const [place, setPlace] = useState({ top: 0, height: 0 });

  const measure = (): void => {
    const element = scroller.current;
    if (element !== null && (element.scrollTop !== place.top || element.clientHeight !== place.height)) {
      setPlace({ top: element.scrollTop, height: element.clientHeight });
    }
  };
  // The parent may have scrolled in an effect of its own, so look after every drawing.
  useLayoutEffect(measure);

  const height = place.height || 400;
  const offset = offsetOf(place.top, height, rowHeight, count);
  const { first, end } = visibleRows(offset, height, rowHeight, count);
  useLayoutEffect(() => onRows?.(first, end), [first, end, count]);
  const rows: (JSX.Element | null)[] = [];
  for (let index = first; index < end; index += 1) {
    rows.push(row(index));
  }
  return (
    <div
      ref={scroller}
      class="jp-tracker-list"
      role={props.role}
      aria-label={props.label}
      // The whole list would be read aloud with every update.
      aria-live="off"
      tabIndex={0}
      data-lm-suppress-shortcuts="true"
      onScroll={(event) => {
        onScroll?.(event.currentTarget);
        measure();
      }}
    >
      <div class="jp-tracker-list-space" style={{ height: `${spaceHeight(rowHeight, count)}px` }}>
        <div class="jp-tracker-list-rows" style={{ top: `${place.top + first * rowHeight - offset}px` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
