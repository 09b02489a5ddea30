import { useEffect, useState } from "preact/hooks";

/** What stands above and below the lines of a table (px). */
const AROUND = 150;

/** How many lines of a height fit into a place that the table fills; null under a cell, where it fills none. */
export function useRoom(room: HTMLElement | null, lineHeight: number): number | null {
  const [height, setHeight] = useState(room?.clientHeight ?? 0);
  useEffect(() => {
    if (room === null || typeof ResizeObserver === "undefined") {
      return undefined;
    }
    const observer = new ResizeObserver(() => setHeight(room.clientHeight));
    observer.observe(room);
    return () => observer.disconnect();
  }, [room]);
  return room === null ? null : Math.max(0, Math.floor((height - AROUND) / lineHeight));
}
