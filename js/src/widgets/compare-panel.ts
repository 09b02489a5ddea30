/** Entry of the ComparePanel widget. */

import { mountCompare } from "../views/compare";
import type { MountedPart } from "../views/compare/parts";
import { textsTrait, widget } from "./entry";
import { loadModule } from "./modules";

interface Parts {
  readonly mountParts: (el: HTMLElement) => MountedPart;
}

export default widget(
  (el, host, model) =>
    mountCompare(el, host, {
      runs: textsTrait(model, "runs"),
      loadParts: async () => ((await loadModule(host, "compare-parts")) as Parts).mountParts,
    }),
  ["runs"],
);
