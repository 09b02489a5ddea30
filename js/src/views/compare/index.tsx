/** Runs side by side. */

import { render } from "preact";
import { loadChunk } from "../../core/chunk";
import type { Host } from "../../core/host";
import { sessionOf } from "../../core/session";
import { watchVisibility } from "../common/visibility";
import { Compare } from "./compare";
import "uplot/dist/uPlot.min.css";
import "../common/common.css";
import "../chart/chart.css";
import "./compare.css";

export interface CompareOptions {
  /** Keys of the runs. */
  readonly runs: readonly string[];
}

/** Many runs share what one may have, so that the first picture of two hundred comes soon, too. */
const ALL_COLUMNS = 4000;

export function mountCompare(el: HTMLElement, host: Host, { runs }: CompareOptions): () => void {
  const sessions = runs.map((run) => sessionOf(host, run, "curves"));
  // On its way while the first data is; who shows the curves says what went wrong.
  loadChunk(host, "run-curves").catch(() => undefined);
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel jp-tracker-compare";
  el.append(root);
  render(<Compare host={host} sessions={sessions} />, root);

  const columns = Math.max(50, Math.min(500, Math.round(ALL_COLUMNS / Math.max(1, runs.length))));
  let detach: (() => void)[] = [];
  const unwatch = watchVisibility(root, (visible) => {
    const before = detach;
    detach = visible ? sessions.map((session) => session.attach(columns)) : [];
    before.forEach((leave) => leave());
  });
  return () => {
    unwatch();
    detach.forEach((leave) => leave());
    render(null, root);
    root.remove();
  };
}
