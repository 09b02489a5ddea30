/** Which lines a table has: its rows, and above each group a line of its own. */

import type { Group } from "./table-wire";

export type Line =
  | { readonly kind: "row"; readonly place: number }
  | { readonly kind: "group"; readonly group: Group; readonly open: boolean };

interface Section {
  readonly group: Group | null;
  readonly open: boolean;
  /** The first line. */
  readonly line: number;
  readonly start: number;
  readonly count: number;
}

export class Layout {
  readonly length: number;
  private readonly sections: readonly Section[];

  constructor(count: number, groups: readonly Group[] = [], closed: ReadonlySet<string> = new Set()) {
    const sections: Section[] = [];
    let line = 0;
    let place = 0;
    for (const group of groups) {
      const open = !closed.has(group.key);
      const size = Math.max(0, Math.min(group.count, count - group.start));
      sections.push({ group, open, line, start: group.start, count: size });
      line += 1 + (open ? size : 0);
      place = group.start + size;
    }
    if (place < count) {
      // All of them where nothing is grouped; else those behind the last group that was told.
      sections.push({ group: null, open: true, line, start: place, count: count - place });
      line += count - place;
    }
    this.sections = sections;
    this.length = line;
  }

  at(line: number): Line | null {
    const section = this.sectionAt((one) => one.line <= line);
    if (section === undefined || line < 0 || line >= this.length) {
      return null;
    }
    const offset = line - section.line;
    if (section.group !== null && offset === 0) {
      return { kind: "group", group: section.group, open: section.open };
    }
    return { kind: "row", place: section.start + offset - (section.group === null ? 0 : 1) };
  }

  /** The line of a row; that of its group while this is closed. */
  lineOf(place: number): number {
    const section = this.sectionAt((one) => one.start <= place);
    if (section === undefined) {
      return 0;
    }
    return section.group === null
      ? section.line + place - section.start
      : section.line + (section.open ? 1 + place - section.start : 0);
  }

  /** The places of the rows between two lines, which lie close together where no group is closed. */
  places(first: number, end: number): { readonly first: number; readonly end: number } {
    let low = Infinity;
    let high = -1;
    for (let line = first; line < Math.min(end, this.length); line += 1) {
      const found = this.at(line);
      if (found?.kind === "row") {
        low = Math.min(low, found.place);
        high = Math.max(high, found.place);
      }
    }
    return high < 0 ? { first: 0, end: 0 } : { first: low, end: high + 1 };
  }

  /** The last section of which something is true that is true of all before it. */
  private sectionAt(holds: (section: Section) => boolean): Section | undefined {
    let low = 0;
    let high = this.sections.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const section = this.sections[middle];
      if (section !== undefined && holds(section)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.sections[low - 1];
  }
}
