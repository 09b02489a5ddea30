/** The live view of one run. */

import { loadChunk } from "../../core/chunk";
import type { Host } from "../../core/host";
import { sessionOf } from "../../core/session";
import { mountOnSession } from "../common/mount";
import { RunPanel } from "./run-panel";
import "uplot/dist/uPlot.min.css";
import "../common/common.css";
import "../chart/chart.css";
import "./run-panel.css";
import "../log/log.css";
import "../details/details.css";
import "../classification/classification.css";

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
  // On its way while the first data is; who shows the curves says what went wrong.
  loadChunk(host, "curves").catch(() => undefined);
  return mountOnSession(el, session, <RunPanel session={session} />, chartColumns);
}
