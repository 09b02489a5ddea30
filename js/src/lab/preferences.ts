/** What the reader has set, out of JupyterLab's settings. */

import type { Fields } from "../core/parse";
import { finite, list, text } from "../core/parse";
import type { Look } from "../views/sidebar/look";
import { COLUMNS, DEFAULT_LOOK } from "../views/sidebar/look";

export type Notify = "followed" | "all" | "none";

export interface Preferences {
  readonly notify: Notify;
  /** The connection that is meant where none is named. */
  readonly connection: string;
  readonly look: Look;
}

/** Seconds between two looks at the least. */
const SHORTEST = 0.5;

/** What cannot be read is as it is by default. */
export function readPreferences(composite: Fields): Preferences {
  const { notifications } = composite;
  const { pace, first } = DEFAULT_LOOK;
  const wanted = list(composite.columns);
  const connection = text(composite.defaultConnection, first) || first;
  return {
    notify: notifications === "all" || notifications === "none" ? notifications : "followed",
    connection,
    look: {
      metric: text(composite.sparklineMetric),
      columns: Array.isArray(composite.columns)
        ? COLUMNS.filter((column) => wanted.includes(column))
        : DEFAULT_LOOK.columns,
      pace: {
        active: Math.max(SHORTEST, finite(composite.activePollSeconds, pace.active)),
        quiet: Math.max(SHORTEST, finite(composite.quietPollSeconds, pace.quiet)),
      },
      first: connection,
    },
  };
}
