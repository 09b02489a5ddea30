/** Colours for the canvas, which cannot read style sheets: taken from the element's own style. */

export const PALETTE_SIZE = 8;

export interface ChartColors {
  readonly lines: readonly string[];
  readonly axis: string;
  readonly grid: string;
  readonly font: string;
}

/** What was read last, for the other charts of a panel: they draw one after the other, and nothing changes meanwhile. */
let lately: { readonly root: Element; readonly colors: ChartColors } | null = null;

export function readColors(element: Element): ChartColors {
  const root = element.closest(".jp-tracker-run-panel") ?? element;
  if (lately?.root !== root) {
    lately = { root, colors: colorsOf(element) };
    queueMicrotask(() => (lately = null));
  }
  return lately.colors;
}

function colorsOf(element: Element): ChartColors {
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

/** Which colour of the palette a run has: the same in every table, chart and list, now and later. */
export function runHue(run: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < run.length; index += 1) {
    hash = Math.imul(hash ^ run.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 8) % PALETTE_SIZE;
}

export function hueColor(hue: number): string {
  return `var(--jp-tracker-color-${(hue % PALETTE_SIZE) + 1})`;
}
