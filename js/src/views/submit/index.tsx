/** A form that submits a run; the run takes its place. */

import type { ComponentProps } from "preact";
import { render } from "preact";
import { loadChunk } from "../../core/chunk";
import { formOf } from "../../core/form-session";
import type { Host } from "../../core/host";
import { Part } from "../common/part";
import type { RunView } from "../run-panel/run-view";
import { SubmitForm } from "./submit-form";
import "uplot/dist/uPlot.min.css";
import "../common/common.css";
import "../chart/chart.css";
import "../run-panel/run-panel.css";
import "../log/log.css";
import "../details/details.css";
import "../classification/classification.css";
import "./submit.css";

export interface SubmitOptions {
  /** Id of the run that was submitted; empty while there is none. */
  readonly run: string;
}

const RUN_HEIGHT = 420;

export function mountSubmit(el: HTMLElement, host: Host, { run }: SubmitOptions): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel jp-tracker-submit";
  el.append(root);
  // On its way while the form is filled in; who shows the run says what went wrong.
  loadChunk(host, "run-panel").catch(() => undefined);
  if (run === "") {
    render(<SubmitForm session={formOf(host)} />, root);
  } else {
    render(
      <Part<ComponentProps<typeof RunView>>
        host={host}
        chunk="run-panel"
        name="RunView"
        props={{ host, run }}
        height={RUN_HEIGHT}
      />,
      root,
    );
    if (formOf(host).justSubmitted && document.activeElement === document.body) {
      // Whoever pressed the button goes on from where it was.
      root.tabIndex = -1;
      root.focus({ preventScroll: true });
    }
  }
  return () => {
    render(null, root);
    root.remove();
  };
}
