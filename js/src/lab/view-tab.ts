/** A tab of the main area that shows a view: the same views as the panels under a cell. */

import { MainAreaWidget } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import { errorText } from "../core/host";
import { trackerIcon } from "./icon";

/** Puts a view into an element, and gives what takes it out again. */
export type Mount = (el: HTMLElement) => Promise<() => void>;

class View extends Widget {
  private unmount: (() => void) | null = null;

  constructor(mount: Mount) {
    super();
    this.addClass("jp-tracker-tab-view");
    mount(this.node).then(
      (unmount) => {
        if (this.isDisposed) {
          unmount();
        } else {
          this.unmount = unmount;
        }
      },
      (error: unknown) => {
        this.node.textContent = errorText(error);
      },
    );
  }

  override dispose(): void {
    this.unmount?.();
    this.unmount = null;
    super.dispose();
  }
}

export class ViewTab extends MainAreaWidget {
  constructor(id: string, label: string, caption: string, mount: Mount) {
    super({ content: new View(mount) });
    this.toolbar.hide(); // the view has its own
    this.id = id;
    this.title.label = label;
    this.title.caption = caption;
    this.title.icon = trackerIcon;
    this.title.closable = true;
  }
}
