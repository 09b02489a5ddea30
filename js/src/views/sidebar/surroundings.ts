/** What the sidebar asks of the application that it stands in. */

import type { RunData } from "../../core/wire";
import type { Step } from "./rows";

export interface RunRef {
  /** Name of the profile. */
  readonly connection: string;
  readonly run: RunData;
}

/** On the screen. */
export interface Point {
  readonly clientX: number;
  readonly clientY: number;
}

export interface Surroundings {
  open(ref: RunRef): void;
  /** A menu of all that can be done with a run, an experiment or a connection. */
  showMenu(at: Point, target: MenuTarget): void;
  /** The pointer has begun to drag runs away. */
  drag(at: Point, refs: readonly RunRef[]): void;
  stop(ref: RunRef): void;
  remove(ref: RunRef): void;
  compare(refs: readonly RunRef[]): void;
  addConnection(): void;
  /** Something to do about a connection. */
  step(connection: string, step: Step): void;
  refresh(): void;
}

export type MenuTarget =
  | { readonly kind: "run"; readonly ref: RunRef }
  | { readonly kind: "runs"; readonly refs: readonly RunRef[] }
  | { readonly kind: "experiment"; readonly connection: string; readonly id: string; readonly name: string }
  | { readonly kind: "connection"; readonly connection: string };
