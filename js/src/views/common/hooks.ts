/** Hooks that join views to what lives outside of them. */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { RunSession } from "../../core/session";

/** A name for an element or a group that nothing else in the page has: each panel is a tree of its own, and may have
 *  Preact for itself, so that Preact's own ids come again. */
export function useUniqueId(): string {
  const [id] = useState(() => `jp-tracker-${Math.random().toString(36).slice(2)}`);
  return id;
}

/** Draws again when the session has changed, at most once per frame. */
export function useSession(session: RunSession): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    // Something may have come between the first drawing and now.
    redraw(undefined);
    return session.subscribe(() => redraw(undefined));
  }, [session]);
}

/** Draws again once a second while `live`. */
export function useSecondTick(live: boolean): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!live) {
      return undefined;
    }
    const timer = setInterval(() => redraw(undefined), 1000);
    return () => clearInterval(timer);
  }, [live]);
}

/** Whether the element is on the screen or nearly so; true where the browser cannot tell. */
export function useNearScreen(element: { readonly current: HTMLElement | null }): boolean {
  const [near, setNear] = useState(typeof IntersectionObserver === "undefined");
  useEffect(() => {
    if (element.current === null || typeof IntersectionObserver === "undefined") {
      return undefined;
    }
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? true), {
      rootMargin: "200px",
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return near;
}

/** Counts the changes of the page's theme, for what cannot be coloured by style sheets. */
export function useThemeChanges(): number {
  const [changes, count] = useReducer((before: number) => before + 1, 0);
  useEffect(() => {
    const changed = (): void => count(undefined);
    const observer = new MutationObserver(changed);
    observer.observe(document.body, {
      attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name"],
    });
    return () => observer.disconnect();
  }, []);
  return changes;
}

/** While a range is dragged, only where it comes to rest is asked for (ms). */
const RESTING = 40;

/** Does something at once; what follows closely waits until nothing follows any more. Only the latest is done. The
 *  result is whether it was done. */
export function useAtRest(): (action: (() => void) | null) => boolean {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const called = useRef(-Infinity);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (action) => {
    clearTimeout(timer.current);
    const now = performance.now();
    const soon = now - called.current < RESTING;
    called.current = now;
    if (action !== null && soon) {
      timer.current = setTimeout(action, RESTING);
      return false;
    }
    action?.();
    return action !== null;
  };
}
