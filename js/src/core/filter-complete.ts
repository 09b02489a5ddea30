/** What may come next in a filter: names, operators, values, and words that join conditions. */

import { AGGREGATES, ATTRIBUTES, columnId, parseColumn, quotedText, valueIn, aggregateWord } from "./columns";
import type { FieldInfo, TableRow } from "./table-wire";
import { RUN_STATES } from "./wire";
import { trans } from "./translate";

export interface Completion {
  readonly text: string;
  /** What it is, in a word. */
  readonly detail: string;
}

export interface Completions {
  /** The part of the text that a completion replaces. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly Completion[];
}

type Expected =
  "name" | "operator" | "value" | "list" | "value in list" | "after value in list" | "null" | "joint";
interface Token {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const TOKEN =
  /(?:[\p{L}_]\w*\.)?(?:`(?:[^`\\]|\\.|``)*`?|"(?:[^"\\]|\\.|"")*"?|'(?:[^'\\]|\\.|'')*'?)|[\p{L}\p{N}_.@:/-]+|<=|>=|!=|==|<>|[=<>(),+]/gu;
const COMPARISONS = ["=", "!=", "<", "<=", ">", ">="];
const MOST = 40;
const MOST_VALUES = 20;

interface Position {
  readonly expected: Expected;
  /** The name that the operator or value belongs to. */
  readonly subject: string;
  /** Parentheses that are open. */
  readonly open: number;
}

/** Where the text before the cursor has got to. */
function walk(tokens: readonly Token[]): Position {
  let expected: Expected = "name";
  let subject = "";
  let open = 0;
  let between = false;
  for (const { text } of tokens) {
    const word = text.toUpperCase();
    if (expected === "name") {
      if (text === "(") {
        open += 1;
      } else if (word !== "NOT" && !AGGREGATES.some((known) => known === text.toLowerCase())) {
        subject = text;
        expected = "operator";
      }
    } else if (expected === "operator") {
      if (text === ")") {
        // Behind best(metrics.acc
        open -= 1;
      } else if (word === "IN") {
        expected = "list";
      } else if (word === "IS") {
        expected = "null";
      } else if (word !== "NOT") {
        between = word === "BETWEEN";
        expected = "value";
      }
    } else if (expected === "list") {
      expected = "value in list";
    } else if (expected === "value in list") {
      expected = "after value in list";
    } else if (expected === "after value in list") {
      expected = text === "," ? "value in list" : "joint";
    } else if (expected === "null") {
      expected = word === "NOT" ? "null" : "joint";
    } else if (expected === "value") {
      expected = "joint";
    } else if (text === ")") {
      open -= 1;
    } else if (between && word === "AND") {
      between = false;
      expected = "value";
    } else if (word === "AND" || word === "OR") {
      expected = "name";
    }
  }
  return { expected, subject, open };
}

function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN), (found) => ({
    text: found[0],
    from: found.index,
    to: found.index + found[0].length,
  }));
}

export function complete(
  text: string,
  cursor: number,
  fields: readonly FieldInfo[],
  rows: Iterable<TableRow>,
): Completions {
  const before = tokensOf(text.slice(0, cursor));
  const last = before.at(-1);
  // A word right before the cursor is still being written; a sign is not.
  const partial = last?.to === cursor && !/^[=<>!(),+]/.test(last.text) ? last : undefined;
  const position = walk(partial === undefined ? before : before.slice(0, -1));
  const typed = partial?.text.toLowerCase() ?? "";
  const all = candidates(position, fields, rows);
  const fits = all.filter((item) => item.text.toLowerCase() !== typed && matches(item.text, typed));
  const rank = ({ text: item }: Completion): number => (item.toLowerCase().startsWith(typed) ? 0 : 1);
  return {
    from: partial?.from ?? cursor,
    to: cursor,
    items: fits.sort((a, b) => rank(a) - rank(b)).slice(0, MOST),
  };
}

function matches(candidate: string, typed: string): boolean {
  return candidate.toLowerCase().includes(typed.replace(/^['"`]/, ""));
}

function candidates(
  { expected, subject, open }: Position,
  fields: readonly FieldInfo[],
  rows: Iterable<TableRow>,
): Completion[] {
  const words = (detail: string, ...texts: string[]): Completion[] => texts.map((text) => ({ text, detail }));
  switch (expected) {
    case "name":
      return names(fields);
    case "operator":
      return words("operator", ...operators(subject, fields), "IN", "NOT IN", "IS NULL", "IS NOT NULL");
    case "null":
      return words("", "NULL", "NOT NULL");
    case "list":
      return words("list", "(");
    case "value":
    case "value in list":
      return values(subject, rows);
    case "after value in list":
      return words("", ",", ")");
    default:
      return words("", "AND", "OR", ...(open > 0 ? [")"] : []));
  }
}

function kindOf({ scope }: FieldInfo): string {
  switch (scope) {
    case "metrics":
      return trans.__("metric, latest");
    case "params":
      return trans.__("param");
    default:
      return trans.__("tag");
  }
}

function names(fields: readonly FieldInfo[]): Completion[] {
  const own = fields.map((field) => ({
    text: columnId(field.scope, field.name),
    detail: kindOf(field),
  }));
  const attributes = Object.keys(ATTRIBUTES).map((text) => ({ text, detail: trans.__("of every run") }));
  const aggregates = fields
    .filter(({ scope }) => scope === "metrics")
    .flatMap(({ name }) =>
      AGGREGATES.filter((aggregate) => aggregate !== "last").map((aggregate) => ({
        text: columnId("metrics", name, aggregate),
        detail: trans.__("metric, %1", aggregateWord(aggregate)),
      })),
    );
  return [...own, ...attributes, ...aggregates, { text: "NOT", detail: "" }];
}

function operators(subject: string, fields: readonly FieldInfo[]): string[] {
  const column = parseColumn(subject);
  if (column?.scope === "attributes" && ["state", "kind"].includes(column.name)) {
    return ["=", "!="];
  }
  const ofText =
    column?.scope === "tags" ||
    (column?.scope === "attributes" && !/_at$|^duration$/.test(column.name)) ||
    fields.some((field) => field.scope === column?.scope && field.name === column.name && !field.numeric);
  return [...COMPARISONS, ...(ofText ? ["LIKE", "ILIKE"] : ["BETWEEN"])];
}

/** Those that have been seen in the table, most frequent first. */
function values(subject: string, rows: Iterable<TableRow>): Completion[] {
  const column = parseColumn(subject);
  if (column === null) {
    return [];
  }
  if (column.id === "state") {
    return RUN_STATES.map((state) => ({ text: quotedText(state), detail: "" }));
  }
  if (column.id.endsWith("_at")) {
    return ["now() - 1h", "now() - 1d", "now() - 7d"].map((text) => ({ text, detail: trans.__("time") }));
  }
  if (column.id === "duration") {
    return ["1m", "10m", "1h"].map((text) => ({ text, detail: trans.__("duration") }));
  }
  const seen = new Map<string, number>();
  for (const row of rows) {
    const value = valueIn(row, column);
    const literal =
      typeof value === "string"
        ? quotedText(value)
        : typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
          ? String(value)
          : null;
    if (literal !== null && literal.length <= 80) {
      seen.set(literal, (seen.get(literal) ?? 0) + 1);
    }
  }
  return [...seen]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_VALUES)
    .map(([text, count]) => ({ text, detail: count > 1 ? trans.__("%1 seen", count) : trans.__("seen") }));
}
