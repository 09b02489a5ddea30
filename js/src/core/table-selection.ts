/** Runs that are selected, also those that were never on the screen. */

import { isFields, list, text } from "./parse";
import type { TableSession } from "./table-session";
import type { TableRow } from "./table-wire";
import { parseRows } from "./table-wire";

/** Runs for which one request asks by their ids. */
const BATCH = 200;

/** Adds the runs from one place to another. */
export async function selectRange(session: TableSession, from: number, to: number): Promise<void> {
  const range = { from: Math.min(from, to), to: Math.max(from, to) + 1 };
  const { result } = await session.host.call("runs.ids", { ...session.params(), ...range });
  const ids = list(isFields(result) ? result.ids : null).map((id) => text(id));
  session.select([...session.selected, ...ids]);
}

/** Those that the table holds, in its order. */
export async function selectedRows(session: TableSession): Promise<TableRow[]> {
  const ids = [...session.selected];
  const { params, histories } = session.question();
  const found: TableRow[] = [];
  for (let at = 0; at < ids.length; at += BATCH) {
    const runs = ids.slice(at, at + BATCH);
    const { result } = await session.host.call("runs.rows", { ...params, histories, runs });
    found.push(...parseRows(result).rows.filter((row) => typeof row !== "string"));
  }
  return found;
}
