/** Runs side by side as a tab of the main area; they may be those of different connections. */

import { GroupHost } from "./group-host";
import type { RunTarget } from "./run-target";
import type { TrackerService } from "./service";
import { ViewTab } from "./view-tab";

/** Runs that one comparison shows; a table is better for more. */
export const MOST_COMPARED = 200;

export class CompareTab extends ViewTab {
  readonly targets: readonly RunTarget[];

  constructor(service: TrackerService, targets: readonly RunTarget[], label: string) {
    const names = targets.map(({ name }) => name).join("\n");
    super(compareId(targets), label, names, async (el) => {
      const { mountCompare } = await import("../views/compare");
      const host = new GroupHost((connection) => service.host(connection), targets);
      return mountCompare(el, host, { runs: host.keys });
    });
    this.targets = targets;
    this.disposed.connect(service.follow(targets));
  }
}

/** The same for the same runs, so that they are not opened twice. */
export function compareId(targets: readonly RunTarget[]): string {
  const parts = targets.map(({ connection, id }) => `${connection}-${id}`);
  return `jupyter-tracker-compare-${parts.sort().join("-")}`;
}
