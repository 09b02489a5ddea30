/** Runs, comparisons and tables as tabs of the main area, which come back with the layout. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILayoutRestorer } from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { text } from "../../core/parse";
import { CompareTab, MOST_COMPARED, compareId } from "../compare-tab";
import { trackerIcon } from "../icon";
import { RunTab } from "../run-tab";
import { targetArgs, targetsOf } from "../run-target";
import { RunsTab } from "../runs-tab";
import type { TrackerService } from "../service";
import { ITracker } from "../service";
import { showTab } from "../show-tab";
import { tellWarning } from "../tell";
import type { ViewTab } from "../view-tab";

export const OPEN = "jupyter-tracker:run";
export const COMPARE = "jupyter-tracker:compare";
export const TABLE = "jupyter-tracker:runs";

export const tabs: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:tabs",
  description: "Opens runs, comparisons and tables as tabs.",
  autoStart: true,
  requires: [ITracker],
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    const { commands } = app;
    const runs = new WidgetTracker<RunTab>({ namespace: "jupyter-tracker-runs" });
    const comparisons = new WidgetTracker<CompareTab>({ namespace: "jupyter-tracker-comparisons" });
    const tables = new WidgetTracker<RunsTab>({ namespace: "jupyter-tracker-tables" });

    commands.addCommand(OPEN, {
      label: trans.__("Open run"),
      caption: trans.__("Show curves, log and params of a run in a tab"),
      isEnabled: (args) => targetsOf(args, null).length > 0,
      execute: (args) => {
        for (const target of targetsOf(args, null)) {
          const { connection, id } = target;
          const known = runs.find((tab) => tab.target.id === id && tab.target.connection === connection);
          showTab(app, runs, known, () => new RunTab(service, target), text(args.beside));
        }
      },
    });
    commands.addCommand(COMPARE, {
      label: trans.__("Compare runs"),
      caption: trans.__("Show several runs side by side in a tab"),
      isEnabled: (args) => targetsOf(args, null).length > 1,
      execute: (args) => {
        const targets = targetsOf(args, null);
        if (targets.length > MOST_COMPARED) {
          tellWarning(trans.__("At most %1 runs are compared; choose some with a search.", MOST_COMPARED));
          return;
        }
        const id = compareId(targets);
        const label =
          targets.length === 2
            ? trans.__("%1 and %2", ...targets.map(({ name }) => name))
            : trans.__("%1 runs", targets.length);
        showTab(
          app,
          comparisons,
          comparisons.find((tab) => tab.id === id),
          () => new CompareTab(service, targets, label),
        );
      },
    });
    commands.addCommand(TABLE, {
      label: trans.__("Open table of runs"),
      caption: trans.__("Filter, sort, group and compare runs as a table in a tab"),
      icon: (args) => (args.isPalette === true ? undefined : trackerIcon),
      execute: (args) => {
        const experiment = text(args.experiment);
        const name = text(args.name);
        const target = {
          connection: text(args.connection, service.preferences.connection),
          experiment,
          name,
        };
        const label = experiment === "" ? trans.__("Runs") : name;
        const known = tables.find(
          (tab) => tab.target.connection === target.connection && tab.target.experiment === experiment,
        );
        showTab(app, tables, known, () => {
          const tab = new RunsTab(service, target, label, args.settings);
          tab.changed.connect(() => void tables.save(tab));
          return tab;
        });
      },
    });
    palette?.addItem({ command: TABLE, category: trans.__("Training runs"), args: { isPalette: true } });

    const name = ({ id }: ViewTab): string => id;
    void restorer?.restore(runs, { command: OPEN, args: ({ target }) => targetArgs(target), name });
    void restorer?.restore(comparisons, {
      command: COMPARE,
      args: ({ targets }) => targetArgs(...targets),
      name,
    });
    void restorer?.restore(tables, { command: TABLE, args: (tab) => tab.args(), name });
  },
};
