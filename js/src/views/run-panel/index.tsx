/** The live view of one run. */

import { render } from "preact";
import type { Host } from "../../core/host";
import { sessionOf } from "../../core/session";
import { watchVisibility } from "../common/visibility";
import { RunPanel } from "./run-panel";
import "uplot/dist/uPlot.min.css";
import "../common/common.css";
import "../chart/chart.css";
import "./run-panel.css";
import "./log.css";

export interface RunPanelOptions {
  /** Id of the run. */
  readonly run: string;
}

/** Width of one chart in device pixels: more points than that cannot be seen. */
function chartColumns(width: number): number {
  const across = Math.max(1, Math.floor(width / 300));
  return Math.min(2000, Math.max(200, Math.round((width / across) * (window.devicePixelRatio || 1))));
}

export function mountRunPanel(el: HTMLElement, host: Host, options: RunPanelOptions): () => void {
  const session = sessionOf(host, options.run);
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel";
  el.append(root);
  render(<RunPanel session={session} />, root);

  let detach: (() => void) | null = null;
  const unwatch = watchVisibility(root, (visible) => {
    detach?.();
    detach = visible ? session.attach(chartColumns(root.clientWidth || 800)) : null;
  });
  return () => {
    unwatch();
    detach?.();
    render(null, root);
    root.remove();
  };
}
