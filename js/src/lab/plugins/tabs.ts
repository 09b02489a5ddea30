/** Runs as tabs of the main area, which come back with the layout. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILayoutRestorer } from "@jupyterlab/application";
import { WidgetTracker } from "@jupyterlab/apputils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { RunTab } from "../run-tab";
import { targetArgs, targetOf } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker } from "../service";

export const OPEN = "jupyter-tracker:run";

export const tabs: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:tabs",
  description: "Opens runs as tabs.",
  autoStart: true,
  requires: [ITracker],
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    const open = new WidgetTracker<RunTab>({ namespace: "jupyter-tracker-runs" });
    app.commands.addCommand(OPEN, {
      label: trans.__("Open run"),
      caption: trans.__("Show curves, log and params of a run in a tab"),
      execute: (args) => {
        const target = targetOf(args, null);
        if (target === null) {
          return;
        }
        const known = open.find(
          (tab) => tab.target.id === target.id && tab.target.connection === target.connection,
        );
        const tab = known ?? new RunTab(service, target);
        if (known === undefined) {
          void open.add(tab);
        }
        if (!tab.isAttached) {
          app.shell.add(tab, "main");
        }
        app.shell.activateById(tab.id);
      },
    });
    void restorer?.restore(open, {
      command: OPEN,
      args: ({ target }) => targetArgs(target),
      name: ({ id }) => id,
    });
  },
};
