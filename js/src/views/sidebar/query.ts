/** From what stands in the search box to a filter of runs. */

import { trans } from "../../core/translate";

const LANGUAGE = /[=<>`]|\b(like|ilike|in|is|between|contains)\b/i;

export function quotedText(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** The filter language as it stands; plain words are looked for in the names of runs and experiments. */
export function filterOf(search: string): string {
  const trimmed = search.trim();
  if (trimmed === "" || LANGUAGE.test(trimmed)) {
    return trimmed;
  }
  return trimmed
    .split(/\s+/)
    .map((word) => {
      const pattern = quotedText(`%${word.replace(/[\\%_]/g, "\\$&")}%`);
      return `(name ILIKE ${pattern} OR experiment ILIKE ${pattern})`;
    })
    .join(" AND ");
}

/** The runs that were made in a notebook: by its path on the machine of the server, of which platforms know the name. */
export function notebookFilter(path: string, address: string): string {
  const known = address.startsWith("local") ? path : path.slice(path.lastIndexOf("/") + 1);
  return `tags.notebook = ${quotedText(known)}`;
}

export const orders = (): readonly { readonly id: string; readonly label: string }[] => [
  { id: "", label: trans.__("Newest first") },
  { id: "created_at", label: trans.__("Oldest first") },
  { id: "name", label: trans.__("Name") },
  { id: "state", label: trans.__("State") },
  { id: "duration DESC", label: trans.__("Longest first") },
];
