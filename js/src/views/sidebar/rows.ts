/** The rows of the sidebar, in segments of which a long one makes its rows only when they are asked for. */

import type { RunData } from "../../core/wire";
import type { Experiment } from "./overview";
import type { RunPages } from "./pages";

export type Row =
  | {
      readonly kind: "section";
      readonly key: string;
      readonly label: string;
      readonly open: boolean;
      readonly connection: string | null;
      readonly title: string;
      readonly active: number;
    }
  | {
      readonly kind: "experiment";
      readonly key: string;
      readonly connection: string;
      readonly experiment: Experiment;
      readonly open: boolean;
      readonly favourite: boolean;
    }
  | {
      readonly kind: "run";
      readonly key: string;
      readonly connection: string;
      readonly level: number;
      readonly run: RunData | undefined;
      readonly pages: RunPages;
      readonly withExperiment: boolean;
    }
  | {
      readonly kind: "note";
      readonly key: string;
      readonly level: number;
      readonly text: string;
      readonly trouble: boolean;
      /** Rows over which a long text goes; those below are empty. */
      readonly lines: number;
    }
  | { readonly kind: "filler"; readonly key: string; readonly level: number }
  | {
      /** Something to do about what the row above says. */
      readonly kind: "step";
      readonly key: string;
      readonly level: number;
      readonly text: string;
      readonly connection: string;
      readonly step: Step;
    };

export type Step = "edit" | "retry" | "submit";

/** Characters that a line of a narrow sidebar holds, and lines of a text: the whole of it is its tip. */
const LINE = 34;
const MOST_LINES = 4;

export interface Segment {
  readonly count: number;
  readonly at: (place: number) => Row;
}

export function one(row: Row): Segment {
  return { count: 1, at: () => row };
}

/** Lines that a text fills: a long word begins a new one. */
function linesOf(words: string): number {
  let lines = 1;
  let used = 0;
  for (const { length } of words.split(" ")) {
    if (used > 0 && used + 1 + length > LINE) {
      lines += 1;
      used = length;
    } else {
      used += length + (used > 0 ? 1 : 0);
    }
  }
  return lines;
}

export function note(key: string, words: string, level: number, trouble = false): Segment {
  const lines = Math.min(MOST_LINES, linesOf(words));
  return {
    count: lines,
    at: (place) =>
      place === 0
        ? { kind: "note", key, level, text: words, trouble, lines }
        : { kind: "filler", key: `${key}\n${place}`, level },
  };
}

export function step(connection: string, does: Step, words: string, level: number): Segment {
  return one({ kind: "step", key: `${connection}\n${does}`, level, text: words, connection, step: does });
}
