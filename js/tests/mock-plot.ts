/** Stands in for the plot: there is no canvas here; what the plot is told is tested in a browser. */

import { vi } from "vitest";

export const PLOT_HEIGHT = 148;

export class Plot {
  setData = vi.fn();
  recolor = vi.fn();
  resize = vi.fn();
  hideCursor = vi.fn();
  destroy = vi.fn();
}
