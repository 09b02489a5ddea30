/** Which rows of a long list are on the screen. */

export interface Rows {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

export function visibleRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
  overscan = 10,
): Rows {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** Within two rows of the end counts as the end: a browser rounds scroll positions. */
export function isAtEnd(scrollTop: number, height: number, rowHeight: number, count: number): boolean {
  return scrollTop + height >= count * rowHeight - 2 * rowHeight;
}

/** The scroll position that brings a row into the middle, if it is not visible already. */
export function scrollToShow(row: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top >= scrollTop && top + rowHeight <= scrollTop + height) {
    return scrollTop;
  }
  return Math.max(0, top - (height - rowHeight) / 2);
}
