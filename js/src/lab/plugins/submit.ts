/** A new run of a script, a notebook, a folder or a template, in a tab with its form. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILayoutRestorer } from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { UUID } from "@lumino/coreutils";
import { text } from "../../core/parse";
import { trackerIcon } from "../icon";
import { NewRunTab } from "../new-run-tab";
import { targetArgs } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker } from "../service";
import { showTab } from "../show-tab";
import { OPEN } from "./tabs";

export const SUBMIT = "jupyter-tracker:submit";
/** For what is selected in the file browser; its menu is in `schema/plugin.json`. */
const SUBMIT_FILE = "jupyter-tracker:submit-file";

export const submission: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:submit",
  description: "Submits a script, a notebook, a folder or a template as a run.",
  autoStart: true,
  requires: [ITracker],
  optional: [INotebookTracker, IFileBrowserFactory, ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    notebooks: INotebookTracker | null,
    browsers: IFileBrowserFactory | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    const tabs = new WidgetTracker<NewRunTab>({ namespace: "jupyter-tracker-new-runs" });
    const lacks = (connection: string): boolean => service.model.lacks(connection, "runs.submit");
    const filesHere = (): string[] => {
      const items = Array.from(browsers?.tracker.currentWidget?.model.items() ?? []);
      return items.map(({ path }) => path).filter((path) => /\.(py|ipynb)$/.test(path));
    };
    const make = (id: string, connection: string, code: string): NewRunTab => {
      const tab = new NewRunTab(id, { connection, code }, async () => {
        await service.loaded.promise;
        const known = (service.model.connections ?? []).map(({ name }) => name);
        return {
          connections: known.filter((name) => name === connection || !lacks(name)),
          files: filesHere(),
          hostOf: (name) => service.host(name),
          absolute: (path) => service.absolute(path),
          onSubmitted: (name, run) => {
            service.refresh();
            // The run takes its place.
            const args = targetArgs({ connection: name, ...run });
            void app.commands.execute(OPEN, { ...args, beside: id }).then(() => tab.dispose());
          },
        };
      });
      tab.changed.connect(() => void tabs.save(tab));
      return tab;
    };

    app.commands.addCommand(SUBMIT, {
      label: trans.__("New run…"),
      caption: trans.__("Submit a script, a notebook, a folder or a template as a run"),
      isEnabled: ({ connection }) => !lacks(text(connection)),
      execute: (args) => {
        const connection = text(args.connection, service.preferences.connection);
        const code = text(args.code, notebooks?.currentWidget?.context.localPath);
        const id = text(args.id, `jupyter-tracker-new-${UUID.uuid4()}`);
        showTab(app, tabs, undefined, () => make(id, connection, code));
      },
    });
    palette?.addItem({ command: SUBMIT, category: trans.__("Training runs") });
    if (browsers !== null) {
      app.commands.addCommand(SUBMIT_FILE, {
        label: trans.__("New run…"),
        icon: trackerIcon,
        execute: () => {
          const chosen = Array.from(browsers.tracker.currentWidget?.selectedItems() ?? []);
          for (const { path } of chosen) {
            void app.commands.execute(SUBMIT, { code: path });
          }
        },
      });
    }
    void restorer?.restore(tabs, {
      command: SUBMIT,
      args: ({ id, start: { connection, code } }) => ({ id, connection, code }),
      name: ({ id }) => id,
    });
  },
};
