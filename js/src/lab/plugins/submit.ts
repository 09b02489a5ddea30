/** A new run of a script, a notebook, a folder or a template, from a dialog. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Dialog, ICommandPalette, Notification, showDialog } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { errorText } from "../../core/host";
import { isFields, list, parseRun, text } from "../../core/parse";
import type { NewRun } from "../new-run";
import { NewRunForm, requestOf, startOf } from "../new-run";
import { targetArgs } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker } from "../service";
import { OPEN } from "./tabs";

export const SUBMIT = "jupyter-tracker:submit";

async function templatesOf(service: TrackerService, connection: string): Promise<string[]> {
  try {
    const { result } = await service.call(connection, "templates.list", {});
    const found = list(isFields(result) ? result.templates : null).filter(isFields);
    return found.map(({ label }) => text(label));
  } catch {
    return []; // a platform without templates has none to choose from
  }
}

async function submit(
  app: JupyterFrontEnd,
  service: TrackerService,
  trans: TranslationBundle,
  first: NewRun,
): Promise<void> {
  const templates = await templatesOf(service, first.connection);
  let given = first;
  for (;;) {
    const { button, value } = await showDialog({
      title: trans.__("New run"),
      body: new NewRunForm(trans, given, templates),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__("Submit") })],
      focusNodeSelector: "input",
    });
    if (!button.accept || value === null) {
      return;
    }
    given = value;
    try {
      const { op, params } = requestOf(value, (path) => service.absolute(path), trans);
      const { result } = await service.call(value.connection, op, params);
      const run = isFields(result) ? parseRun(result.run) : null;
      service.refresh();
      if (run !== null) {
        const { id, name } = run;
        await app.commands.execute(OPEN, targetArgs({ connection: value.connection, id, name }));
      }
      return;
    } catch (error) {
      Notification.error(errorText(error));
    }
  }
}

export const submission: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:submit",
  description: "Submits a script, a notebook, a folder or a template as a run.",
  autoStart: true,
  requires: [ITracker],
  optional: [INotebookTracker, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    app.commands.addCommand(SUBMIT, {
      label: trans.__("New run…"),
      caption: trans.__("Submit a script, a notebook, a folder or a template as a run"),
      isEnabled: ({ connection }) => !service.model.lacks(text(connection), "runs.submit"),
      execute: (args) => {
        const connection = text(args.connection, service.preferences.connection);
        const path = text(args.path, notebooks?.currentWidget?.context.localPath);
        return submit(app, service, trans, startOf(connection, path));
      },
    });
    palette?.addItem({ command: SUBMIT, category: trans.__("Training runs") });
  },
};
