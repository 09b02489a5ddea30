/** A new run as a tab of the main area: the same form as the panel under a cell. */

import { PathExt } from "@jupyterlab/coreutils";
import type { ISignal } from "@lumino/signaling";
import { Signal } from "@lumino/signaling";
import { trans } from "../core/translate";
import type { NewRunOptions, Start } from "../views/submit/new-run";
import { ViewTab } from "./view-tab";

type Around = Omit<NewRunOptions, "start" | "onStart">;

function labelOf({ code }: Start): string {
  return code === "" ? trans.__("New run") : trans.__("New run: %1", PathExt.basename(code));
}

export class NewRunTab extends ViewTab {
  /** It is of something else now. */
  readonly changed: ISignal<unknown, void>;

  private readonly at: { start: Start };

  constructor(id: string, start: Start, around: () => Promise<Around>) {
    const at = { start };
    const changed = new Signal<typeof at, void>(at);
    super(id, labelOf(start), trans.__("New run"), async (el) => {
      const [{ mountNewRun }, given] = await Promise.all([import("../views/submit/new-run"), around()]);
      return mountNewRun(el, {
        ...given,
        start,
        onStart: (next) => {
          at.start = next;
          this.title.label = labelOf(next);
          changed.emit();
        },
      });
    });
    this.at = at;
    this.changed = changed;
  }

  get start(): Start {
    return this.at.start;
  }
}
