/** What can be done with an experiment, as commands. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { errorText } from "../../core/host";
import { text } from "../../core/parse";
import { undoable } from "../changes";
import type { TrackerService } from "../service";
import { ITracker } from "../service";
import { tellError } from "../tell";
import { TABLE } from "./tabs";

const ARCHIVE = "jupyter-tracker:experiments.archive";
const DELETE = "jupyter-tracker:experiments.delete";

/** The menu of an experiment; an empty name is a line. */
export const EXPERIMENT_COMMANDS = [TABLE, "", ARCHIVE, DELETE];

export const experiments: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:experiments",
  description: "What can be done with an experiment.",
  autoStart: true,
  requires: [ITracker],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, service: TrackerService, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    const actions = [
      {
        command: ARCHIVE,
        op: "experiments.archive",
        undo: "experiments.unarchive",
        label: trans.__("Archive experiment"),
        done: (name: string) => trans.__("Archived the experiment %1.", name),
      },
      {
        command: DELETE,
        op: "experiments.delete",
        undo: "experiments.restore",
        label: trans.__("Delete experiment"),
        done: (name: string) => trans.__("Deleted the experiment %1.", name),
      },
    ];
    for (const { command, op, undo, label, done } of actions) {
      app.commands.addCommand(command, {
        label: ({ connection }) =>
          service.model.lacks(text(connection), op)
            ? trans.__("%1 (%2 has none)", label, service.model.kindOf(text(connection)))
            : label,
        isEnabled: ({ connection }) => !service.model.lacks(text(connection), op),
        execute: async (args) => {
          const experiment = text(args.experiment);
          const change = async (verb: string): Promise<string[]> => {
            await service.call(text(args.connection), verb, { experiment });
            return [];
          };
          try {
            await undoable(change, trans, { op, undo, done: done(text(args.name)) });
          } catch (error) {
            tellError(`${label}: ${errorText(error)}`);
          }
        },
      });
    }
  },
};
