/** What was done to many runs, and how it is taken back. */

import { errorText } from "../../core/host";
import { isFields, list, text } from "../../core/parse";
import type { TableSession } from "../../core/table-session";
import { trans } from "../../core/translate";

export interface Notice {
  readonly text: string;
  readonly bad: boolean;
  /** Takes it back; null where that cannot be. */
  readonly undo: (() => Promise<Notice>) | null;
}

export type Verb = "runs.stop" | "runs.archive" | "runs.delete" | "runs.restore" | "runs.set_tags";

const BATCH = 50;

function doneText(verb: Verb, runs: string): string {
  switch (verb) {
    case "runs.stop":
      return trans.__("Asked to stop: %1.", runs);
    case "runs.archive":
      return trans.__("Archived: %1.", runs);
    case "runs.delete":
      return trans.__("Deleted: %1.", runs);
    case "runs.restore":
      return trans.__("Restored: %1.", runs);
    case "runs.set_tags":
      return trans.__("Tagged: %1.", runs);
  }
}

export function runCount(count: number): string {
  return trans._n("%2 run", "%2 runs", count, count.toLocaleString());
}

interface Outcome {
  readonly done: { readonly id: string; readonly before: unknown }[];
  readonly failed: { readonly message: string }[];
}

async function changeAll(
  session: TableSession,
  verb: Verb,
  ids: readonly string[],
  more: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [] };
  for (let at = 0; at < ids.length; at += BATCH) {
    const { result } = await session.host.call(verb, { ...more, runs: ids.slice(at, at + BATCH) });
    const from = isFields(result) ? result : {};
    for (const entry of list(from.done)) {
      outcome.done.push(
        isFields(entry) ? { id: text(entry.id), before: entry.before } : { id: "", before: null },
      );
    }
    for (const entry of list(from.failed)) {
      const error = isFields(entry) && isFields(entry.error) ? entry.error : {};
      outcome.failed.push({ message: text(error.message, trans.__("no reason was given")) });
    }
  }
  return outcome;
}

/** Does something to some runs and says how that went. */
export async function carryOut(
  session: TableSession,
  verb: Verb,
  ids: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<Notice> {
  try {
    const { done, failed } = await changeAll(session, verb, ids, more);
    const first = failed[0];
    const parts = [
      done.length > 0 ? doneText(verb, runCount(done.length)) : "",
      first === undefined ? "" : trans.__("Not changed: %1. %2", runCount(failed.length), first.message),
    ];
    return {
      text: parts.filter((part) => part !== "").join(" "),
      bad: failed.length > 0,
      undo: done.length > 0 ? undoOf(session, verb, done, session.settings.lifecycle) : null,
    };
  } catch (error) {
    return { text: trans.__("That was not carried out: %1", errorText(error)), bad: true, undo: null };
  }
}

function undoOf(session: TableSession, verb: Verb, done: Outcome["done"], lifecycle: string): Notice["undo"] {
  const ids = done.map(({ id }) => id);
  switch (verb) {
    case "runs.archive":
    case "runs.delete":
      // What was archived before it was deleted goes back there.
      return () => carryOut(session, lifecycle === "archived" ? "runs.archive" : "runs.restore", ids);
    case "runs.restore":
      return () => carryOut(session, lifecycle === "deleted" ? "runs.delete" : "runs.archive", ids);
    case "runs.set_tags":
      return async () => {
        // Runs may have had different values before.
        const byTags = new Map<string, string[]>();
        for (const { id, before } of done) {
          const key = JSON.stringify(isFields(before) ? before : {});
          byTags.set(key, [...(byTags.get(key) ?? []), id]);
        }
        for (const [tags, runs] of byTags) {
          await changeAll(session, verb, runs, { tags: JSON.parse(tags) as unknown });
        }
        return {
          text: trans.__("The tags of %1 are as before.", runCount(ids.length)),
          bad: false,
          undo: null,
        };
      };
    default:
      return null;
  }
}
