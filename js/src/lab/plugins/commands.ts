/** What can be done with a run, as commands: in the palette for the run in front, in menus for any other. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Clipboard, ICommandPalette, Notification } from "@jupyterlab/apputils";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { errorText } from "../../core/host";
import { text } from "../../core/parse";
import { panelCode, runCode } from "../code";
import type { RunTarget } from "../run-target";
import { targetOf } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker } from "../service";

const PREFIX = "jupyter-tracker:";
/** How long an undo is offered (ms). */
const UNDO = 10_000;

interface Action {
  readonly op: string;
  readonly label: string;
  readonly run: (target: RunTarget) => Promise<void> | void;
}

/** Puts code at the cursor, or into a new cell below; false when no notebook is open. */
function insert(notebooks: INotebookTracker, code: string, ownCell: boolean): boolean {
  const notebook = notebooks.currentWidget?.content;
  const cell = notebook?.activeCell;
  if (notebook === undefined || cell?.editor == null) {
    return false;
  }
  if (ownCell) {
    if (cell.model.sharedModel.getSource().trim() !== "") {
      NotebookActions.insertBelow(notebook);
    }
    notebook.activeCell?.model.sharedModel.setSource(code);
  } else {
    cell.editor.replaceSelection?.(code);
  }
  return true;
}

function actionsOf(
  service: TrackerService,
  notebooks: INotebookTracker,
  trans: TranslationBundle,
): readonly Action[] {
  const put = (code: string, ownCell: boolean): void => {
    if (!insert(notebooks, code, ownCell)) {
      Clipboard.copyToSystem(code);
      Notification.info(trans.__("No notebook is open: the code was copied instead."), { autoClose: 4000 });
    }
  };
  const change = async ({ connection, id }: RunTarget, op: string): Promise<void> => {
    await service.call(connection, op, { run: id });
  };
  /** Asks nothing, and offers to take it back. */
  const undoable = async (target: RunTarget, op: string, undo: string, done: string): Promise<void> => {
    await change(target, op);
    const callback = (): void => {
      change(target, undo).catch((error: unknown) => Notification.error(errorText(error)));
    };
    Notification.info(done, { autoClose: UNDO, actions: [{ label: trans.__("Undo"), callback }] });
  };
  return [
    { op: "runs.stop", label: trans.__("Stop run"), run: (target) => change(target, "runs.stop") },
    {
      op: "insert-panel",
      label: trans.__("Insert run as a panel cell"),
      run: ({ connection, id }) => put(panelCode(connection, id), true),
    },
    {
      op: "insert-code",
      label: trans.__("Insert code for run at the cursor"),
      run: ({ connection, id }) => put(runCode(connection, id), false),
    },
    {
      op: "copy-reference",
      label: trans.__("Copy id of run"),
      run: ({ id }) => Clipboard.copyToSystem(id),
    },
    {
      op: "runs.archive",
      label: trans.__("Archive run"),
      run: (target) =>
        undoable(target, "runs.archive", "runs.unarchive", trans.__("Archived the run %1.", target.name)),
    },
    {
      op: "runs.delete",
      label: trans.__("Delete run"),
      run: (target) =>
        undoable(target, "runs.delete", "runs.restore", trans.__("Deleted the run %1.", target.name)),
    },
  ];
}

export const RUN_COMMANDS = [
  "run",
  "runs.stop",
  "",
  "insert-panel",
  "insert-code",
  "copy-reference",
  "",
  "runs.archive",
  "runs.delete",
].map((op) => (op === "" ? "" : PREFIX + op));

export const commands: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:commands",
  description: "What can be done with a run.",
  autoStart: true,
  requires: [ITracker, INotebookTracker],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    for (const { op, label, run } of actionsOf(service, notebooks, trans)) {
      app.commands.addCommand(PREFIX + op, {
        label,
        isEnabled: (args) => targetOf(args, app.shell.currentWidget) !== null,
        execute: async (args) => {
          const target = targetOf(args, app.shell.currentWidget);
          try {
            await (target === null ? undefined : run(target));
          } catch (error) {
            Notification.error(`${label}: ${errorText(error)}`);
          }
        },
      });
      palette?.addItem({ command: PREFIX + op, category: trans.__("Training runs") });
    }
    for (const verb of ["archive", "delete"] as const) {
      const undo = verb === "archive" ? "experiments.unarchive" : "experiments.restore";
      const label = verb === "archive" ? trans.__("Archive experiment") : trans.__("Delete experiment");
      app.commands.addCommand(`${PREFIX}experiments.${verb}`, {
        label,
        execute: async (args) => {
          const connection = text(args.connection);
          const experiment = text(args.experiment);
          const name = text(args.name);
          const change = (op: string): Promise<unknown> => service.call(connection, op, { experiment });
          const failed = (error: unknown): unknown => Notification.error(`${label}: ${errorText(error)}`);
          try {
            await change(`experiments.${verb}`);
          } catch (error) {
            failed(error);
            return;
          }
          const done = trans.__("%1: %2", label, name);
          const callback = (): void => void change(undo).catch(failed);
          Notification.info(done, { autoClose: UNDO, actions: [{ label: trans.__("Undo"), callback }] });
        },
      });
    }
  },
};
