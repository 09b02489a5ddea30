/** Which run a command is about: the one it was told, else the one in the tab in front. */

import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { Widget } from "@lumino/widgets";
import { LOCAL } from "./service";
import { RunTab } from "./run-tab";

export interface RunTarget {
  readonly connection: string;
  readonly id: string;
  readonly name: string;
}

/** The arguments with which a command is told. */
export function targetArgs({ connection, id, name }: RunTarget): ReadonlyJSONObject {
  return { connection, run: id, name };
}

export function targetOf(args: ReadonlyPartialJSONObject, front: Widget | null): RunTarget | null {
  if (typeof args.run === "string") {
    return {
      connection: typeof args.connection === "string" ? args.connection : LOCAL,
      id: args.run,
      name: typeof args.name === "string" ? args.name : args.run.slice(0, 8),
    };
  }
  return front instanceof RunTab ? front.target : null;
}
