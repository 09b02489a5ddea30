/** The service that the other plugins use, its settings, and the check that both halves are of one version. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { ITranslator } from "@jupyterlab/translation";
import { isFields } from "../../core/parse";
import { setTranslator, trans } from "../../core/translate";
import type { Kept } from "../../views/sidebar/kept";
import { readPreferences } from "../preferences";
import { ITracker, TrackerService } from "../service";
import { VERSION } from "../version";

const ID = "jupyter-tracker:plugin";
const KEPT = "jupyter-tracker:sidebar";

/** What was kept by this or another version; null when it cannot be read. */
function readKept(value: unknown): Partial<Kept> | null {
  if (!isFields(value)) {
    return null;
  }
  const texts = (list: unknown): string[] =>
    Array.isArray(list) ? (list as unknown[]).filter((each) => typeof each === "string") : [];
  return {
    open: texts(value.open),
    favourites: texts(value.favourites),
    order: typeof value.order === "string" ? value.order : "",
  };
}

function checkVersion(server: string): void {
  if (server !== VERSION) {
    Notification.warning(
      trans.__(
        "jupyter_tracker is %1 on the server and %2 in this page. Reload the page; if that does not help, restart Jupyter after the upgrade.",
        server,
        VERSION,
      ),
      { autoClose: false },
    );
  }
}

export const service: JupyterFrontEndPlugin<TrackerService> = {
  id: ID,
  description: "Runs and experiments from the server, for the sidebar and what belongs to it.",
  autoStart: true,
  provides: ITracker,
  optional: [ISettingRegistry, IStateDB, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    translator: ITranslator | null,
  ) => {
    setTranslator(translator?.load("jupyter_tracker") ?? null);
    const made = new TrackerService();
    // At once, while JupyterLab still draws itself, so that the sidebar has its list when it is shown.
    void made.load().then((version) => {
      if (version !== null) {
        void app.restored.then(() => checkVersion(version));
      }
    });
    void state?.fetch(KEPT).then((value) => {
      const kept = readKept(value);
      if (kept !== null) {
        made.model.restore(kept);
      }
      made.kept.connect((_, { open, favourites, order }) => {
        void state.save(KEPT, { open: [...open], favourites: [...favourites], order });
      });
    });
    void settings?.load(ID).then((loaded) => {
      const read = (): void => made.set(readPreferences(loaded.composite));
      read();
      loaded.changed.connect(read);
    });
    return made;
  },
};
