/** The order of a table: `metrics.acc DESC, params.lr`. */

import type { Column } from "./columns";
import { columnId } from "./columns";

export interface OrderTerm {
  readonly subject: string;
  readonly descending: boolean;
}

/** Cuts at commas that stand outside of quotes. */
export function parseOrder(order: string): OrderTerm[] {
  const parts = order.match(/(?:`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,])+/g) ?? [];
  return parts.flatMap((part) => {
    const found = /^\s*(.*?)(?:\s+(ASC|DESC))?\s*$/is.exec(part);
    const subject = found?.[1] ?? "";
    return subject === "" ? [] : [{ subject, descending: found?.[2]?.toUpperCase() === "DESC" }];
  });
}

export function writeOrder(terms: readonly OrderTerm[]): string {
  return terms.map(({ subject, descending }) => (descending ? `${subject} DESC` : subject)).join(", ");
}

/** What a column is ordered by. */
export function subjectOf(column: Column): string {
  return column.scope === "spark" ? columnId("metrics", column.name) : column.id;
}

/** The first click on numbers and times brings the greatest up, on text the first letter; the third takes it back. */
export function nextOrder(order: string, column: Column, numeric: boolean, add: boolean): string {
  const terms = parseOrder(order);
  const subject = subjectOf(column);
  const first = numeric || column.name.endsWith("_at");
  const before = terms.find((term) => term.subject === subject);
  const others = add ? terms.filter((term) => term !== before) : [];
  if (before === undefined) {
    return writeOrder([...others, { subject, descending: first }]);
  }
  return before.descending === first
    ? writeOrder([...others, { subject, descending: !first }])
    : writeOrder(others);
}
