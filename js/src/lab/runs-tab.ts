/** The table of runs as a tab of the main area. How it is looked at comes back with it. */

import type { ReadonlyJSONObject } from "@lumino/coreutils";
import type { ISignal } from "@lumino/signaling";
import { Signal } from "@lumino/signaling";
import type { TableSettings } from "../core/table-settings";
import { readSettings } from "../core/table-settings";
import type { TrackerService } from "./service";
import { ViewTab } from "./view-tab";

/** What of the settings comes back: what is selected does not. */
const KEPT = ["where", "order_by", "columns", "lifecycle", "view"] as const;

export interface TableTarget {
  readonly connection: string;
  /** Id; empty for the runs of all experiments. */
  readonly experiment: string;
  /** Of the experiment. */
  readonly name: string;
}

export class RunsTab extends ViewTab {
  readonly target: TableTarget;
  /** It is looked at in another way. */
  readonly changed: ISignal<unknown, void>;

  private readonly look: { settings: TableSettings };

  constructor(service: TrackerService, target: TableTarget, label: string, kept: unknown) {
    const { connection, experiment } = target;
    const look = { settings: { ...readSettings(kept), experiment } };
    const changed = new Signal<typeof look, void>(look);
    super(
      `jupyter-tracker-runs-${connection}-${experiment}`,
      label,
      `${connection}: ${label}`,
      async (el) => {
        const [{ mountRunsPanel }, { TableSession }] = await Promise.all([
          import("../views/runs-panel"),
          import("../core/table-session"),
        ]);
        const host = service.host(connection);
        const session = new TableSession(host, look.settings);
        session.keepSettings((changes) => {
          look.settings = { ...look.settings, ...changes };
          changed.emit();
        });
        return mountRunsPanel(el, session, el);
      },
    );
    this.target = target;
    this.look = look;
    this.changed = changed;
  }

  /** The arguments with which it is opened as it is now. */
  args(): ReadonlyJSONObject {
    const { connection, experiment, name } = this.target;
    const settings = Object.fromEntries(KEPT.map((key) => [key, this.look.settings[key]]));
    return {
      connection,
      experiment,
      name,
      settings: JSON.parse(JSON.stringify(settings)) as ReadonlyJSONObject,
    };
  }
}
