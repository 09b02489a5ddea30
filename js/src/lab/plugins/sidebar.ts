/** The sidebar at the left. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILayoutRestorer } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { ReadonlyJSONObject } from "@lumino/coreutils";
import { MimeData } from "@lumino/coreutils";
import { Drag } from "@lumino/dragdrop";
import { Menu, Widget } from "@lumino/widgets";
import { trans } from "../../core/translate";
import { mountSidebar } from "../../views/sidebar";
import type { MenuTarget, Point, RunRef, Surroundings } from "../../views/sidebar/surroundings";
import { panelCode } from "../code";
import { trackerIcon } from "../icon";
import { targetArgs } from "../run-target";
import type { TrackerService } from "../service";
import { ITracker, LOCAL } from "../service";
import { GROUP_COMMANDS, RUN_COMMANDS } from "./commands";
import { KEEP, REMOVE, TEST } from "./connections";
import { EXPERIMENT_COMMANDS } from "./experiments";
import { SUBMIT } from "./submit";
import { COMPARE, OPEN, TABLE } from "./tabs";

const ID = "jupyter-tracker:sidebar";
const SHOW = "jupyter-tracker:show";
const CELLS = "application/vnd.jupyter.cells";

const LINE = "";

function argsOf(...refs: readonly RunRef[]): ReadonlyJSONObject {
  const targets = refs.map(({ connection, run }) => {
    const { id, name, state, kind } = run;
    return { connection, id, name, state, kind };
  });
  return targetArgs(...targets);
}

/** What stands in the menu of something: commands with their arguments; an empty command is a line. */
function menuItems(target: MenuTarget): readonly { command: string; args: ReadonlyJSONObject }[] {
  switch (target.kind) {
    case "run":
      return RUN_COMMANDS.map((command) => ({ command, args: argsOf(target.ref) }));
    case "runs":
      return GROUP_COMMANDS.map((command) => ({ command, args: argsOf(...target.refs) }));
    case "experiment": {
      const { connection, id, name } = target;
      return EXPERIMENT_COMMANDS.map((command) => ({ command, args: { connection, experiment: id, name } }));
    }
    case "connection": {
      const { connection } = target;
      const changes = connection === LOCAL ? [TEST] : [TEST, KEEP, REMOVE];
      return [TABLE, SUBMIT, LINE, ...changes].map((command) => ({
        command,
        args: { connection, name: connection },
      }));
    }
  }
}

function drag({ clientX, clientY }: Point, refs: readonly RunRef[], label: string, source: Widget): void {
  const code = panelCode(...refs.map(({ connection, run }) => ({ connection, id: run.id })));
  const mimeData = new MimeData();
  mimeData.setData(CELLS, [
    { cell_type: "code", source: code, metadata: {}, outputs: [], execution_count: null },
  ]);
  mimeData.setData("text/plain", code);
  const dragImage = document.createElement("div");
  dragImage.className = "jp-tracker-drag";
  dragImage.textContent = label;
  const made = new Drag({
    mimeData,
    dragImage,
    supportedActions: "copy-move",
    proposedAction: "copy",
    source,
  });
  void made.start(clientX, clientY).then(() => made.dispose());
}

class Sidebar extends Widget {
  private readonly unmount: () => void;

  constructor(app: JupyterFrontEnd, service: TrackerService) {
    super();
    this.id = "jupyter-tracker-sidebar";
    this.title.icon = trackerIcon;
    this.title.caption = trans.__("Training runs");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Training runs"));
    const { commands } = app;
    const around: Surroundings = {
      open: (ref) => void commands.execute(OPEN, argsOf(ref)),
      stop: (ref) => void commands.execute("jupyter-tracker:runs.stop", argsOf(ref)),
      remove: (ref) => void commands.execute("jupyter-tracker:runs.delete", argsOf(ref)),
      compare: (refs) => void commands.execute(COMPARE, argsOf(...refs)),
      addConnection: () => void commands.execute(KEEP),
      step: (connection, step) => {
        switch (step) {
          case "edit":
            return void commands.execute(KEEP, { name: connection });
          case "submit":
            return void commands.execute(SUBMIT, { connection });
          case "retry":
            return void service.retry(connection);
        }
      },
      refresh: () => void service.load(),
      drag: (at, refs) => {
        const label = refs.length === 1 ? (refs[0]?.run.name ?? "") : trans.__("%1 runs", refs.length);
        drag(at, refs, label, this);
      },
      showMenu: ({ clientX, clientY }, target) => {
        const menu = new Menu({ commands });
        for (const { command, args } of menuItems(target)) {
          menu.addItem(command === "" ? { type: "separator" } : { command, args });
        }
        const { activeElement } = document;
        menu.aboutToClose.connect(() =>
          setTimeout(() => {
            menu.dispose();
            // Whoever came by the keyboard goes on where they were, unless the command leads elsewhere.
            if (document.activeElement === document.body && activeElement instanceof HTMLElement) {
              activeElement.focus({ preventScroll: true });
            }
          }, 0),
        );
        menu.open(clientX, clientY);
      },
    };
    this.unmount = mountSidebar(this.node, service.model, around);
  }

  override dispose(): void {
    this.unmount();
    super.dispose();
  }
}

export const sidebar: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: "The list of connections, experiments and runs.",
  autoStart: true,
  requires: [ITracker],
  optional: [INotebookTracker, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    notebooks: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
  ) => {
    const widget = new Sidebar(app, service);
    app.shell.add(widget, "left", { rank: 600, type: "Training runs" });
    restorer?.add(widget, ID);
    app.commands.addCommand(SHOW, {
      label: trans.__("Show training runs"),
      icon: trackerIcon,
      execute: () => {
        app.shell.activateById(widget.id);
        widget.node.querySelector<HTMLElement>("input")?.focus();
      },
    });
    palette?.addItem({ command: SHOW, category: trans.__("Training runs") });
    const tell = (): void => {
      const path = notebooks?.currentWidget?.context.localPath;
      service.model.setNotebook(path === undefined ? null : service.absolute(path));
    };
    notebooks?.currentChanged.connect(tell);
    service.connectionsChanged.connect(tell);
  },
};
