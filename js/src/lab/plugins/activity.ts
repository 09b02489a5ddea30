/** Running runs in the status bar and at the icon of the sidebar, and a word when one ends. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import { IStatusBar } from "@jupyterlab/statusbar";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { isFields, parseRun } from "../../core/parse";
import type { RunData } from "../../core/wire";
import type { AlertData } from "../activity";
import { Activity } from "../activity";
import { targetArgs } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker, LOCAL } from "../service";
import { OPEN } from "./tabs";
import { stateWord } from "../../core/words";

/** After a cell began or ended, its runs are there within this time (ms). */
const AFTER_CELL = 700;

class StatusItem extends Widget {
  private readonly button = document.createElement("button");

  constructor(show: () => void) {
    super();
    this.addClass("jp-tracker-status");
    this.button.type = "button";
    this.button.addEventListener("click", show);
    this.node.append(this.button);
  }

  draw(activity: Activity, trans: TranslationBundle): void {
    const { count } = activity;
    this.button.textContent = trans._n("%1 run active", "%1 runs active", count);
    this.button.title = activity
      .runs()
      .slice(0, 20)
      .map((run) => `${run.experiment} / ${run.name}: ${stateWord(run.state)}`)
      .join("\n");
  }
}

/** Whether the reader has to do with it: its tab or its notebook is open. */
function isFollowed(
  connection: string,
  run: RunData,
  service: TrackerService,
  notebooks: INotebookTracker | null,
): boolean {
  const made = run.tags.notebook;
  const open = notebooks?.find(({ context }) => service.absolute(context.localPath) === made);
  return service.isFollowed(connection, run.id) || open !== undefined;
}

function tellEnd(run: RunData, trans: TranslationBundle, actions: Notification.IAction[]): void {
  const words = trans.__("%1 / %2: %3", run.experiment, run.name, stateWord(run.state));
  const options = { autoClose: 10_000 as const, actions };
  const bad = run.state === "failed" || run.state === "lost";
  if (bad) {
    Notification.error(run.reason === "" ? words : `${words}. ${run.reason}`, options);
  } else if (run.state === "stopped") {
    Notification.info(words, options);
  } else {
    Notification.success(words, options);
  }
}

function tellAlert(alert: AlertData, trans: TranslationBundle, actions: Notification.IAction[]): void {
  const head = trans.__("%1 / %2: %3", alert.experiment, alert.name, alert.title);
  const words = alert.text === "" ? head : `${head}. ${alert.text}`;
  // What somebody asked to be warned of stays until it is seen.
  const options = { autoClose: false as const, actions };
  if (alert.level === "error") {
    Notification.error(words, options);
  } else if (alert.level === "warning") {
    Notification.warning(words, options);
  } else {
    Notification.info(words, options);
  }
}

export const activity: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:activity",
  description: "Tells of runs that are running and of those that end.",
  autoStart: true,
  requires: [ITracker],
  optional: [IStatusBar, INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    statusBar: IStatusBar | null,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    const open = (connection: string, id: string, name: string): Notification.IAction[] => {
      const callback = (): void => void app.commands.execute(OPEN, targetArgs({ connection, id, name }));
      return [{ label: trans.__("Open"), callback }];
    };
    const wanted = (connection: string, run: RunData): boolean => {
      const { notify } = service.preferences;
      return notify === "all" || (notify === "followed" && isFollowed(connection, run, service, notebooks));
    };
    const watch = (connection: string): Activity => {
      const watched = new Activity(service, connection);
      watched.ended.connect((_, run) => {
        if (wanted(connection, run)) {
          tellEnd(run, trans, open(connection, run.id, run.name));
        }
      });
      watched.alerted.connect((_, alert) => void alerted(connection, alert));
      return watched;
    };
    const alerted = async (connection: string, alert: AlertData): Promise<void> => {
      const reply = await service.call(connection, "runs.get", { run: alert.run }).catch(() => null);
      const run = isFields(reply?.result) ? parseRun(reply.result.run) : null;
      if (run !== null && wanted(connection, run)) {
        tellAlert(alert, trans, open(connection, run.id, run.name));
      }
    };

    const made = watch(LOCAL);
    const item = new StatusItem(() => void app.commands.execute("jupyter-tracker:show"));
    statusBar?.registerStatusItem("jupyter-tracker:active", {
      item,
      align: "left",
      rank: 90,
      isActive: () => made.count > 0,
      activeStateChanged: made.changed,
    });
    made.changed.connect(() => {
      item.draw(made, trans);
      for (const widget of app.shell.widgets("left")) {
        if (widget.id === "jupyter-tracker-sidebar") {
          widget.title.dataset = made.count > 0 ? { "tracker-running": String(made.count) } : {};
        }
      }
    });
    // A platform is asked only while a run of it is open.
    const others = new Map<string, Activity>();
    service.followedChanged.connect(() => {
      const followed = service.followedConnections();
      others.forEach((other, connection) => {
        if (!followed.has(connection)) {
          other.stop();
          others.delete(connection);
        }
      });
      for (const connection of followed) {
        if (connection !== LOCAL && !others.has(connection)) {
          const other = watch(connection);
          others.set(connection, other);
          other.start();
        }
      }
    });
    // The server looks at a quiet store now and then only; a cell that ran may have started something.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        service.refresh();
      }, AFTER_CELL);
    };
    NotebookActions.executionScheduled.connect(soon);
    NotebookActions.executed.connect(soon);
    // Only once the server has answered: without its half there is nothing to follow.
    const start = (): void => {
      service.connectionsChanged.disconnect(start);
      made.start();
    };
    service.connectionsChanged.connect(start);
  },
};
