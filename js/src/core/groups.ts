/** Which metric keys share a chart: `train/loss` and `val/loss` are one picture, `loss`. */

import { SYSTEM_PREFIX } from "./wire";

const SPLITS = ["train", "training", "val", "valid", "validation", "eval", "test"];

const SYSTEM = new RegExp(`^${SYSTEM_PREFIX}`);

export interface ChartSpec {
  readonly title: string;
  readonly keys: readonly string[];
}

function withoutSplit(key: string): string | null {
  const slash = key.indexOf("/");
  return slash > 0 && SPLITS.includes(key.slice(0, slash).toLowerCase()) ? key.slice(slash + 1) : null;
}

function splitRank(key: string): number {
  const slash = key.indexOf("/");
  return slash < 0 ? -1 : SPLITS.indexOf(key.slice(0, slash).toLowerCase());
}

/** Charts in the order in which their first key appears, which does not change while a run goes on. */
export function chartSpecs(keys: readonly string[]): ChartSpec[] {
  const byTitle = new Map<string, string[]>();
  for (const key of keys) {
    const title = withoutSplit(key) ?? key;
    const group = byTitle.get(title);
    if (group) {
      group.push(key);
    } else {
      byTitle.set(title, [key]);
    }
  }
  return Array.from(byTitle, ([title, group]) => ({
    // A key that stands alone keeps its full name; system metrics have a tab that says what they are.
    title: group.length === 1 ? (group[0] ?? title).replace(SYSTEM, "") : title,
    keys: [...group].sort((a, b) => splitRank(a) - splitRank(b)),
  }));
}

export interface Section {
  /** What the keys begin with; empty for those without a slash. */
  readonly name: string;
  readonly specs: readonly ChartSpec[];
}

/** Charts by the first part of their names, `gen/loss` under `gen`; those without one come first. */
export function sectionsOf(specs: readonly ChartSpec[]): Section[] {
  const byName = new Map<string, ChartSpec[]>([["", []]]);
  for (const spec of specs) {
    const slash = spec.title.indexOf("/");
    const name = slash > 0 ? spec.title.slice(0, slash) : "";
    const section = byName.get(name);
    if (section) {
      section.push(spec);
    } else {
      byName.set(name, [spec]);
    }
  }
  return Array.from(byName, ([name, own]) => ({ name, specs: own })).filter(
    ({ specs: own }) => own.length > 0,
  );
}

/** How a key is called inside its chart: the part that tells it from its neighbours. */
export function shortLabel(key: string, title: string): string {
  return key !== title && key.endsWith(`/${title}`) ? key.slice(0, -title.length - 1) : key;
}
