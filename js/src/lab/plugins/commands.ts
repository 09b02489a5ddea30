/** What can be done with runs, as commands: in the palette for those in front, in menus for any others. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Clipboard, ICommandPalette, Notification } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { RunState } from "../../core/wire";
import { hasEnded } from "../../core/wire";
import { errorText } from "../../core/host";
import { changeRuns, undoable } from "../changes";
import { cloneRun } from "../clone-dialog";
import { panelCode, runCode } from "../code";
import { insert } from "../insert";
import { openCell } from "../origin";
import type { RunTarget } from "../run-target";
import { targetArgs, targetsOf } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker } from "../service";
import { tellError, tellWarning } from "../tell";
import { COMPARE, OPEN } from "./tabs";

const PREFIX = "jupyter-tracker:";

interface Action {
  readonly op: string;
  /** For one run, and for several; without the second it is for one run only. */
  readonly labels: readonly [string, string?];
  /** Why it is not possible for a run, as far as that is known beforehand. */
  readonly why?: (target: RunTarget) => string | null;
  readonly run: (targets: readonly RunTarget[]) => Promise<void> | void;
}

function actionsOf(
  app: JupyterFrontEnd,
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
  const ended = ({ state = "" }: RunTarget): boolean => hasEnded(state as RunState);
  const lacks = (op: string) => (target: RunTarget) =>
    service.model.lacks(target.connection, op)
      ? trans.__("%1 has none", service.model.kindOf(target.connection))
      : null;
  const told = (mistakes: readonly string[]): void => {
    if (mistakes.length > 0) {
      tellWarning(trans.__("%1 were not changed: %2", mistakes.length, mistakes[0] ?? ""));
    }
  };
  const takeAway =
    (op: string, undo: string, done: (name: string, count: number) => string) =>
    async (targets: readonly RunTarget[]): Promise<void> => {
      const said = done(targets[0]?.name ?? "", targets.length);
      await undoable((verb) => changeRuns(service, targets, verb), trans, { op, undo, done: said });
      service.model.selection.clear();
    };
  return [
    {
      op: "runs.stop",
      labels: [trans.__("Stop run"), trans.__("Stop runs")],
      why: (target) => (ended(target) ? trans.__("ended") : lacks("runs.stop")(target)),
      run: async (targets) => told(await changeRuns(service, targets, "runs.stop")),
    },
    {
      op: "runs.clone",
      labels: [trans.__("Clone with other params…")],
      why: (target) =>
        target.kind === "in_kernel"
          ? trans.__("run its notebook or script again")
          : lacks("runs.submit")(target),
      run: async ([target]) => {
        const made = target && (await cloneRun(service.host(target.connection), target.id, trans));
        if (made) {
          const args = targetArgs({ connection: target.connection, id: made.id, name: made.name });
          const callback = (): void => void app.commands.execute(OPEN, args);
          const actions = [{ label: trans.__("Open"), callback }];
          Notification.success(trans.__("%1 was submitted.", made.name), { autoClose: 5000, actions });
          service.refresh();
        }
      },
    },
    {
      op: "open-cell",
      labels: [trans.__("Open the cell that made the run")],
      run: ([target]) => (target === undefined ? undefined : openCell(app, service, target, trans)),
    },
    {
      op: "insert-panel",
      labels: [trans.__("Insert run as a panel cell"), trans.__("Insert comparison as a panel cell")],
      run: (targets) => put(panelCode(...targets), true),
    },
    {
      op: "insert-code",
      labels: [trans.__("Insert code for run at the cursor"), trans.__("Insert code for runs at the cursor")],
      run: (targets) => put(runCode(...targets), false),
    },
    {
      op: "copy-reference",
      labels: [trans.__("Copy id of run"), trans.__("Copy ids of runs")],
      run: (targets) => Clipboard.copyToSystem(targets.map(({ id }) => id).join("\n")),
    },
    {
      op: "runs.archive",
      labels: [trans.__("Archive run"), trans.__("Archive runs")],
      why: lacks("runs.archive"),
      run: takeAway("runs.archive", "runs.unarchive", (name, count) =>
        trans._n("Archived the run %2.", "Archived %1 runs.", count, name),
      ),
    },
    {
      op: "runs.delete",
      labels: [trans.__("Delete run"), trans.__("Delete runs")],
      why: (target) =>
        target.state !== undefined && target.state !== "" && !ended(target)
          ? trans.__("stop it first")
          : lacks("runs.delete")(target),
      run: takeAway("runs.delete", "runs.restore", (name, count) =>
        trans._n("Deleted the run %2.", "Deleted %1 runs.", count, name),
      ),
    },
  ];
}

/** The menu of one run; an empty name is a line. */
export const RUN_COMMANDS = [
  OPEN,
  ...[
    ...["runs.stop", "runs.clone", "", "open-cell", "insert-panel", "insert-code", "copy-reference", ""],
    ...["runs.archive", "runs.delete"],
  ].map((op) => (op === "" ? "" : PREFIX + op)),
];

/** The menu of several. */
export const GROUP_COMMANDS = [
  COMPARE,
  ...[
    "runs.stop",
    "",
    "insert-panel",
    "insert-code",
    "copy-reference",
    "",
    "runs.archive",
    "runs.delete",
  ].map((op) => (op === "" ? "" : PREFIX + op)),
];

export const commands: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:commands",
  description: "What can be done with runs.",
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
    for (const { op, labels, why, run } of actionsOf(app, service, notebooks, trans)) {
      const [one, many] = labels;
      const reason = (targets: readonly RunTarget[]): string | null => {
        const reasons = targets.map((target) => why?.(target) ?? null);
        // Of several those are left out for which it is not possible.
        return reasons.length > 0 && reasons.every((each) => each !== null) ? (reasons[0] ?? null) : null;
      };
      app.commands.addCommand(PREFIX + op, {
        label: (args) => {
          const targets = targetsOf(args, app.shell.currentWidget);
          const label = targets.length > 1 && many !== undefined ? many : one;
          const not = reason(targets);
          return not === null ? label : trans.__("%1 (%2)", label, not);
        },
        isEnabled: (args) => {
          const targets = targetsOf(args, app.shell.currentWidget);
          return (
            targets.length > 0 && (targets.length === 1 || many !== undefined) && reason(targets) === null
          );
        },
        execute: async (args) => {
          const targets = targetsOf(args, app.shell.currentWidget);
          const possible = targets.filter((target) => (why?.(target) ?? null) === null);
          try {
            await (possible.length === 0 ? undefined : run(possible));
          } catch (error) {
            tellError(`${one}: ${errorText(error)}`);
          }
        },
      });
      palette?.addItem({ command: PREFIX + op, category: trans.__("Training runs") });
    }
  },
};
