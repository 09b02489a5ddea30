/** Jupyter's server takes over for a kernel that is gone, where the JupyterLab extension offers the way. */

import type { Host } from "../core/host";
import type { Place, Way } from "../core/way";
import { findWay, readPlace } from "../core/way";
import type { WidgetModel } from "./model";

async function over(way: Way, place: Place): Promise<Host> {
  const host = await way.host(place);
  const [first] = place.runs;
  if (first !== undefined) {
    // A kernel of another machine may keep its runs under the same path.
    await host.call("runs.get", { run: first });
  }
  return host;
}

/** Null where there is no way, or nothing that could go on without the kernel. */
export function serverSuccessor(model: WidgetModel): Promise<Host> | null {
  const way = findWay();
  const place = readPlace((name) => model.get(name));
  return way === null || place === null ? null : over(way, place);
}
