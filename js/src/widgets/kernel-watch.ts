/** Notices that the kernel of a panel is gone, for which a comm has no event of its own. */

import { findWay } from "../core/way";
import type { WidgetModel } from "./model";

/** The widget manager marks views whose model has no kernel, also those of widget state that was saved. */
const DISCONNECTED = ".jupyter-widgets-disconnected";

export function watchKernel(model: WidgetModel, el: HTMLElement, onGone: () => void): () => void {
  const look = (): void => {
    if (el.closest(DISCONNECTED) !== null) {
      onGone();
    }
  };
  // The mark is made at the same event.
  const lookSoon = (): void => void setTimeout(look, 0);
  model.on("comm_live_update", lookSoon);
  const unwatch = findWay()?.watch((where) => {
    if (where.contains(el)) {
      onGone();
    }
  });
  look();
  return () => {
    model.off("comm_live_update", lookSoon);
    unwatch?.();
  };
}
