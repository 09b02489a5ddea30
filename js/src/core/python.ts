/** Lines of Python that a person can go on with. */

import type { TableSettings } from "./table-settings";

/** The line that lists what a table shows. */
export function listingCode({ experiment, where, order_by: order, lifecycle }: TableSettings): string {
  const given = [
    experiment === "" ? "" : JSON.stringify(experiment),
    where === "" ? "" : `where=${JSON.stringify(where)}`,
    order === "" ? "" : `order_by=${JSON.stringify(order)}`,
    lifecycle === "active" ? "" : `lifecycle=${JSON.stringify(lifecycle)}`,
  ];
  return `tracker.runs.list(${given.filter((part) => part !== "").join(", ")})`;
}
