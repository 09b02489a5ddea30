/** What the sidebar asks of the application that it stands in. */

import type { RunData } from "../../core/wire";

export interface RunRef {
  /** Name of the profile. */
  readonly connection: string;
  readonly run: RunData;
}

export interface Surroundings {
  /** In the language of the reader. */
  readonly translate: (text: string) => string;
  open(ref: RunRef): void;
  /** A menu of all that can be done with a run, an experiment or a connection. */
  showMenu(event: MouseEvent, target: MenuTarget): void;
  /** The pointer has begun to drag a run away. */
  drag(event: PointerEvent, ref: RunRef): void;
  stop(ref: RunRef): void;
  remove(ref: RunRef): void;
  addConnection(): void;
  refresh(): void;
}

export type MenuTarget =
  | { readonly kind: "run"; readonly ref: RunRef }
  | { readonly kind: "experiment"; readonly connection: string; readonly id: string; readonly name: string }
  | { readonly kind: "connection"; readonly connection: string };
