/** Entry of the RunsPanel widget. The traits of the model keep how the table is looked at. */

import type { Host } from "../core/host";
import { isFields, list, text } from "../core/parse";
import { TableSession } from "../core/table-session";
import type { TableSettings } from "../core/table-settings";
import { DEFAULTS } from "../core/table-settings";
import { mountRunsPanel } from "../views/runs-panel";
import { textTrait, widget } from "./entry";
import type { WidgetModel } from "./model";

const TRAITS = Object.keys(DEFAULTS) as (keyof TableSettings)[];

/** The one table of a host, so that a view that is mounted again draws at once. */
const sessions = new WeakMap<Host, TableSession>();

function texts(value: unknown): string[] {
  return list(value).flatMap((entry) => (typeof entry === "string" ? [entry] : []));
}

function settingsOf(model: WidgetModel): TableSettings {
  const view = model.get("view");
  const look = isFields(view) ? view : {};
  const widths = Object.entries(isFields(look.widths) ? look.widths : {}).flatMap(([id, width]) =>
    typeof width === "number" ? [[id, width] as const] : [],
  );
  return {
    experiment: textTrait(model, "experiment"),
    where: textTrait(model, "where"),
    order_by: textTrait(model, "order_by"),
    lifecycle: textTrait(model, "lifecycle"),
    columns: texts(model.get("columns")),
    selected: texts(model.get("selected")),
    view: {
      pinned: Array.isArray(look.pinned) ? texts(look.pinned) : DEFAULTS.view.pinned,
      widths: Object.fromEntries(widths),
      group: text(look.group),
      curves: look.curves !== false,
    },
  };
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
