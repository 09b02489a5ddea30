import { render } from "preact";
import type { Host } from "../../core/host";
import { sessionOf } from "../../core/session";
import type { RunData } from "../../core/wire";
import { CloneForm } from "./clone-form";
import "../common/common.css";
import "../run-panel/run-panel.css";
import "./details.css";

/** The form that clones a run, outside of the panel of the run. `onDone` gets the run that was submitted, or null. */
export function mountCloneForm(
  el: HTMLElement,
  host: Host,
  run: RunData,
  onDone: (made: RunData | null) => void,
): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel";
  el.append(root);
  render(<CloneForm session={sessionOf(host, run.id)} run={run} onDone={onDone} />, root);
  return () => {
    render(null, root);
    root.remove();
  };
}
