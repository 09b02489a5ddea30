/** A run as a tab of the main area. */

import type { RunTarget } from "./run-target";
import type { TrackerService } from "./service";
import { ViewTab } from "./view-tab";
import { trans } from "../core/translate";

export class RunTab extends ViewTab {
  readonly target: RunTarget;

  constructor(service: TrackerService, target: RunTarget) {
    const { connection, id, name } = target;
    super(`jupyter-tracker-run-${connection}-${id}`, name, trans.__("Run %1", name), async (el) => {
      // The view comes when it is first needed, so that it does not make JupyterLab slower to load.
      const { mountRunPanel } = await import("../views/run-panel");
      return mountRunPanel(el, service.host(connection), { run: id });
    });
    this.target = target;
    this.disposed.connect(service.follow([target]));
  }
}
