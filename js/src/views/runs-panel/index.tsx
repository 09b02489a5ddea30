/** The live table of runs. */

import { render } from "preact";
import type { TableSession } from "../../core/table-session";
import { watchVisibility } from "../common/visibility";
import { RunsPanel } from "./runs-panel";
import "uplot/dist/uPlot.min.css";
import "../common/common.css";
import "../chart/chart.css";
import "../run-panel/run-panel.css";
import "../log/log.css";
import "../details/details.css";
import "../classification/classification.css";
import "./runs-panel.css";

/** `room` is what the table may fill; without it, it is one output among others. */
export function mountRunsPanel(
  el: HTMLElement,
  session: TableSession,
  room: HTMLElement | null = null,
): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel jp-tracker-runs-panel";
  el.append(root);
  render(<RunsPanel session={session} room={room} />, root);

  let detach: (() => void) | null = null;
  const unwatch = watchVisibility(root, (visible) => {
    detach?.();
    detach = visible ? session.attach() : null;
  });
  return () => {
    unwatch();
    detach?.();
    render(null, root);
    root.remove();
  };
}
