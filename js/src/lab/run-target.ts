/** Which runs a command is about: those it was told, else those in the tab in front. */

import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { Widget } from "@lumino/widgets";
import type { Fields } from "../core/parse";
import { isFields, list, text } from "../core/parse";
import { CompareTab } from "./compare-tab";
import { RunTab } from "./run-tab";
import { LOCAL } from "./service";

export interface RunTarget {
  readonly connection: string;
  readonly id: string;
  readonly name: string;
  /** As it was when the command was offered; empty where nobody knows. */
  readonly state?: string;
  readonly kind?: string;
}

function oneArgs({ connection, id, name, state = "", kind = "" }: RunTarget): ReadonlyJSONObject {
  return { connection, run: id, name, state, kind };
}

/** The arguments with which a command is told. */
export function targetArgs(...targets: readonly RunTarget[]): ReadonlyJSONObject {
  const [first] = targets;
  return first !== undefined && targets.length === 1 ? oneArgs(first) : { runs: targets.map(oneArgs) };
}

function read(args: Fields): RunTarget[] {
  const id = text(args.run);
  if (id === "") {
    return [];
  }
  const name = text(args.name, id.slice(0, 8));
  return [
    { connection: text(args.connection, LOCAL), id, name, state: text(args.state), kind: text(args.kind) },
  ];
}

export function targetsOf(args: ReadonlyPartialJSONObject, front: Widget | null): readonly RunTarget[] {
  const told = [...read(args), ...list(args.runs).filter(isFields).flatMap(read)];
  if (told.length > 0) {
    return told;
  }
  return front instanceof RunTab ? [front.target] : front instanceof CompareTab ? front.targets : [];
}
