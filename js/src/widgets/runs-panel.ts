/** Entry of the RunsPanel widget. The traits of the model keep how the table is looked at. */

import type { Host } from "../core/host";
import { TableSession } from "../core/table-session";
import type { TableSettings } from "../core/table-settings";
import { DEFAULTS, readSettings } from "../core/table-settings";
import { mountRunsPanel } from "../views/runs-panel";
import { widget } from "./entry";
import type { WidgetModel } from "./model";

const TRAITS = Object.keys(DEFAULTS) as (keyof TableSettings)[];

/** The one table of a host, so that a view that is mounted again draws at once. */
const sessions = new WeakMap<Host, TableSession>();

function settingsOf(model: WidgetModel): TableSettings {
  return readSettings(Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)])));
}

export default widget((el, host, model) => {
  const session = sessions.get(host) ?? new TableSession(host, settingsOf(model));
  sessions.set(host, session);
  let telling = false;
  session.keepSettings((changed) => {
    // The model tells of each trait at once, when the others are not set yet.
    telling = true;
    Object.entries(changed).forEach(([name, value]) => model.set(name, value));
    telling = false;
    model.save_changes();
  });
  const follow = (): void => {
    if (!telling) {
      void session.apply(settingsOf(model));
    }
  };
  TRAITS.forEach((trait) => model.on(`change:${trait}`, follow));
  // Traits may have been set while nothing was mounted.
  follow();
  const unmount = mountRunsPanel(el, session);
  return () => {
    TRAITS.forEach((trait) => model.off(`change:${trait}`, follow));
    unmount();
  };
}, []);
