/** The classification metrics of some runs; also a tab of the run panel. */

import { render } from "preact";
import type { Host } from "../../core/host";
import { ClassificationView } from "./classification";
import "../common/common.css";
import "../chart/chart.css";
import "./classification.css";

export { ClassificationView } from "./classification";

export interface ClassificationOptions {
  /** Keys of the runs. */
  readonly runs: readonly string[];
  /** The name under which it was logged that is shown first; the last one by default. */
  readonly name?: string;
}

export function mountClassification(
  el: HTMLElement,
  host: Host,
  { runs, name = "" }: ClassificationOptions,
): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel";
  el.append(root);
  render(<ClassificationView host={host} runs={runs} name={name} />, root);
  return () => {
    render(null, root);
    root.remove();
  };
}
