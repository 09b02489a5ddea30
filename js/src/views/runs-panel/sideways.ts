/** The table as it moves sideways. */

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Milliseconds without a move. */
const SETTLED = 150;
/** Columns are drawn anew after so many pixels. */
const STEP = 100;

export interface Side {
  readonly left: number;
  readonly width: number;
}

/** Which part of the columns is on the screen; the function looks again. */
export function useSide(scroller: RefObject<HTMLElement>): [Side, (element: HTMLElement) => void] {
  const [side, setSide] = useState<Side>({ left: 0, width: 1200 });
  const measure = (element: HTMLElement): void => {
    const left = element.scrollLeft - (element.scrollLeft % STEP);
    const width = element.clientWidth + STEP;
    setSide((before) => (before.left === left && before.width === width ? before : { left, width }));
  };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) {
      return undefined;
    }
    const observer = new ResizeObserver(() => measure(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [side, measure];
}

/** Keeps pinned cells where they are: they are sticky only while the table moves. To be called at each scroll. */
export function followSideways(): (element: HTMLElement) => void {
  let left = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (element) => {
    if (element.scrollLeft === left) {
      return;
    }
    left = element.scrollLeft;
    element.classList.add("jp-tracker-sideways");
    clearTimeout(timer);
    timer = setTimeout(() => {
      element.style.setProperty("--jp-tracker-left", `${element.scrollLeft}px`);
      element.classList.remove("jp-tracker-sideways");
    }, SETTLED);
  };
}
