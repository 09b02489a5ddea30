/** Changes of runs: what can be undone asks nothing, and offers to take it back. */

import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { isFields, list, text } from "../core/parse";
import type { RunTarget } from "./run-target";
import type { TrackerService } from "./service";
import { tellError, tellWarning } from "./tell";

/** How long an undo is offered (ms). */
export const UNDO = 10_000;
/** Runs that one request changes. */
const BATCH = 500;

/** Changes runs, of each connection together; the result says why some of them were not changed. */
export async function changeRuns(
  service: TrackerService,
  targets: readonly RunTarget[],
  op: string,
): Promise<string[]> {
  const [only] = targets;
  if (only !== undefined && targets.length === 1) {
    await service.call(only.connection, op, { run: only.id });
    return [];
  }
  const mistakes: string[] = [];
  for (const connection of new Set(targets.map((target) => target.connection))) {
    const runs = targets.filter((target) => target.connection === connection).map(({ id }) => id);
    for (let from = 0; from < runs.length; from += BATCH) {
      const { result } = await service.call(connection, op, { runs: runs.slice(from, from + BATCH) });
      for (const { error } of list(isFields(result) ? result.failed : null).filter(isFields)) {
        mistakes.push(isFields(error) ? text(error.message) : "");
      }
    }
  }
  return mistakes;
}

/** A change that is carried out at once, and can be taken back for a while. */
export async function undoable(
  change: (op: string) => Promise<string[]>,
  trans: TranslationBundle,
  { op, undo, done }: { readonly op: string; readonly undo: string; readonly done: string },
): Promise<void> {
  const failed = (mistakes: readonly string[]): void => {
    if (mistakes.length > 0) {
      tellWarning(trans.__("%1 were not changed: %2", mistakes.length, mistakes[0] ?? ""));
    }
  };
  failed(await change(op));
  const callback = (): void => {
    change(undo).then(failed, tellError);
  };
  Notification.info(done, { autoClose: UNDO, actions: [{ label: trans.__("Undo"), callback }] });
}
