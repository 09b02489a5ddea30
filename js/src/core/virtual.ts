/** Which rows of a long list are on the screen. */

export interface Rows {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Browsers draw nothing beyond some height (Firefox: 17.9 million pixels), so a longer list is scrolled through at a
 *  larger scale. */
const TALLEST = 12_000_000;

export function spaceHeight(rowHeight: number, count: number): number {
  return Math.min(rowHeight * count, TALLEST);
}

/** Pixels of the whole list above the window, for a scroll position. */
export function offsetOf(scrollTop: number, height: number, rowHeight: number, count: number): number {
  return (
    (scrollTop * Math.max(1, rowHeight * count - height)) /
    Math.max(1, spaceHeight(rowHeight, count) - height)
  );
}

/** The scroll position for so many pixels above the window. */
export function scrollTopOf(offset: number, height: number, rowHeight: number, count: number): number {
  return (
    (offset * Math.max(1, spaceHeight(rowHeight, count) - height)) / Math.max(1, rowHeight * count - height)
  );
}

export function visibleRows(
  offset: number,
  height: number,
  rowHeight: number,
  count: number,
  overscan = 10,
): Rows {
  const first = Math.max(0, Math.floor(offset / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((offset + height) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** Within two rows of the end counts as the end: a browser rounds scroll positions. */
export function isAtEnd(offset: number, height: number, rowHeight: number, count: number): boolean {
  return offset + height >= count * rowHeight - 2 * rowHeight;
}

/** The offset that brings a row into the middle, if it is not visible already. */
export function scrollToShow(row: number, offset: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top >= offset && top + rowHeight <= offset + height) {
    return offset;
  }
  return Math.max(0, top - (height - rowHeight) / 2);
}
