import type { JSX } from "preact";
import { render } from "preact";
import type { RunSession } from "../../core/session";
import { watchVisibility } from "./visibility";

/** Puts a view of a run into an element; the run is followed while the view can be seen. The result takes it out. */
export function mountOnSession(
  el: HTMLElement,
  session: RunSession,
  view: JSX.Element,
  columns: (width: number) => number,
): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel";
  el.append(root);
  render(view, root);

  let detach: (() => void) | null = null;
  const unwatch = watchVisibility(root, (visible) => {
    detach?.();
    detach = visible ? session.attach(columns(root.clientWidth || 800)) : null;
  });
  return () => {
    unwatch();
    detach?.();
    render(null, root);
    root.remove();
  };
}
