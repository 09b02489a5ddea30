/** Panels go on over Jupyter's server when the kernel of their notebook is gone. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { INotebookTracker } from "@jupyterlab/notebook";
import { offerWay } from "../../core/way";
import { ServerWay } from "../server-way";
import type { TrackerService } from "../service";
import { ITracker } from "../service";

/** Words for a kernel that has forgotten what it knew. */
const GONE = new Set(["restarting", "autorestarting", "terminating", "dead"]);

export const livePanels: JupyterFrontEndPlugin<ServerWay> = {
  id: "jupyter-tracker:live-panels",
  description: "Lets panels go on over the server when their kernel is gone.",
  autoStart: true,
  requires: [ITracker, INotebookTracker],
  activate: (_app: JupyterFrontEnd, service: TrackerService, tracker: INotebookTracker) => {
    const way = new ServerWay(service);
    const watch = ({ sessionContext, node }: NotebookPanel): void => {
      sessionContext.statusChanged.connect((_, status) => {
        if (GONE.has(status)) {
          way.tellGone(node);
        }
      });
      sessionContext.kernelChanged.connect((_, { oldValue }) => {
        if (oldValue !== null) {
          way.tellGone(node);
        }
      });
    };
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, panel) => watch(panel));
    offerWay(way);
    return way;
  },
};
