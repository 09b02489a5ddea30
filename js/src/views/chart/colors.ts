/** Colours for the canvas, which cannot read style sheets: taken from the element's own style. */

export const PALETTE_SIZE = 8;

export interface ChartColors {
  readonly lines: readonly string[];
  readonly axis: string;
  readonly grid: string;
  readonly font: string;
}

export function readColors(element: Element): ChartColors {
  const style = getComputedStyle(element);
  const read = (name: string, fallback: string): string => style.getPropertyValue(name).trim() || fallback;
  const lines: string[] = [];
  for (let index = 1; index <= PALETTE_SIZE; index += 1) {
    lines.push(read(`--jp-tracker-color-${index}`, "#0b6bb8"));
  }
  return {
    lines,
    axis: read("--jp-tracker-muted", "#757575"),
    grid: read("--jp-tracker-grid", "#e0e0e0"),
    font: `11px ${style.fontFamily || "sans-serif"}`,
  };
}
