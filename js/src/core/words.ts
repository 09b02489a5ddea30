/** What states are called. The wire has them in English, as the filter language does. */

import { trans } from "./translate";
import type { RunState } from "./wire";

export function stateWord(state: RunState): string {
  const words: Readonly<Record<RunState, string>> = {
    queued: trans.__("queued"),
    running: trans.__("running"),
    stopping: trans.__("stopping"),
    succeeded: trans.__("succeeded"),
    failed: trans.__("failed"),
    stopped: trans.__("stopped"),
    lost: trans.__("lost"),
    unknown: trans.__("unknown"),
  };
  return words[state];
}

/** Of what is active, archived or deleted. */
export function lifecycleWord(lifecycle: string): string {
  switch (lifecycle) {
    case "active":
      return trans.__("active");
    case "archived":
      return trans.__("archived");
    case "deleted":
      return trans.__("deleted");
    default:
      return lifecycle;
  }
}
