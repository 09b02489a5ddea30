/** Where tabs go: the main area, beside the one from which they come, or below where the main area takes none. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { WidgetTracker } from "@jupyterlab/apputils";
import { TabPanel } from "@lumino/widgets";
import type { ViewTab } from "./view-tab";

/** Brings a tab to the front, the one that there is or a new one. `beside` is the id of another, or empty. */
export function showTab<T extends ViewTab>(
  { shell }: JupyterFrontEnd,
  open: WidgetTracker<T>,
  known: T | undefined,
  make: () => T,
  beside = "",
): T {
  const tab = known ?? make();
  if (known === undefined) {
    void open.add(tab);
  }
  if (!tab.isAttached) {
    shell.add(tab, "main", beside === "" ? undefined : { ref: beside, mode: "tab-after" });
  }
  if (!tab.isAttached) {
    tab.addClass("jp-tracker-tab-down");
    shell.add(tab, "down"); // the main area of Notebook 7 is the notebook, and nothing else
  }
  shell.activateById(tab.id);
  // Notebook 7 leaves out what is below.
  const panel = tab.parent?.parent;
  if (panel instanceof TabPanel) {
    panel.currentWidget = tab;
  }
  return tab;
}
