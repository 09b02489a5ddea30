/** A run as a tab of the main area: the same view as the panel under a cell. */

import { MainAreaWidget } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import { trackerIcon } from "./icon";
import type { RunTarget } from "./run-target";
import type { TrackerService } from "./service";

class View extends Widget {
  private unmount: (() => void) | null = null;

  constructor(mount: (el: HTMLElement) => Promise<() => void>) {
    super();
    this.addClass("jp-tracker-tab-view");
    void mount(this.node).then((unmount) => {
      if (this.isDisposed) {
        unmount();
      } else {
        this.unmount = unmount;
      }
    });
  }

  override dispose(): void {
    this.unmount?.();
    this.unmount = null;
    super.dispose();
  }
}

export class RunTab extends MainAreaWidget {
  readonly target: RunTarget;

  constructor(service: TrackerService, target: RunTarget) {
    const content = new View(async (el) => {
      // The view comes when it is first needed, so that it does not make JupyterLab slower to load.
      const { mountRunPanel } = await import("../views/run-panel");
      return mountRunPanel(el, service.host(target.connection), { run: target.id });
    });
    super({ content });
    this.toolbar.hide(); // the view has its own
    this.target = target;
    this.id = `jupyter-tracker-run-${target.connection}-${target.id}`;
    this.title.label = target.name;
    this.title.caption = `Run ${target.name}`;
    this.title.icon = trackerIcon;
    this.title.closable = true;
    service.followed.add(target.id);
    this.disposed.connect(() => service.followed.delete(target.id));
  }
}
