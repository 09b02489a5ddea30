/** A form as the host describes it, and what a page can say of a field at once. The host knows all the rules. */

import { isFields, list, text } from "./parse";
import { trans } from "./translate";

export const FIELD_KINDS = [
  "text",
  "number",
  "integer",
  "boolean",
  "choice",
  "object",
  "list",
  "json",
] as const;

export interface FieldData {
  readonly name: string;
  readonly kind: (typeof FIELD_KINDS)[number];
  readonly help: string;
  /** The rules in words. */
  readonly hint: string;
  readonly required: boolean;
  /** As text; empty for none. */
  readonly default: string;
  readonly choices: readonly string[];
  readonly fields: readonly FieldData[];
  readonly item: FieldData | null;
  readonly rules: Readonly<Record<string, unknown>>;
}

export interface FieldGroup {
  readonly name: string;
  readonly fields: readonly FieldData[];
}

/** What was written: text everywhere, so that the host reads numbers with all their digits. */
export type Written = string | readonly Written[] | { readonly [name: string]: Written };
export type WrittenGroup = Readonly<Record<string, Written>>;

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

export interface FormData {
  /** What is submitted. */
  readonly label: string;
  readonly kind: string;
  readonly description: string;
  readonly groups: readonly FieldGroup[];
  readonly written: Readonly<Record<string, WrittenGroup>>;
}

function parseField(value: unknown): FieldData[] {
  if (!isFields(value)) {
    return [];
  }
  return [
    {
      name: text(value.name),
      kind: FIELD_KINDS.find((kind) => kind === value.kind) ?? "json",
      help: text(value.help),
      hint: text(value.hint),
      required: value.required === true,
      default: text(value.default),
      choices: list(value.choices).map((choice) => text(choice)),
      fields: list(value.fields).flatMap(parseField),
      item: parseField(value.item)[0] ?? null,
      rules: isFields(value.rules) ? value.rules : {},
    },
  ];
}

function parseWritten(value: unknown): Written {
  if (Array.isArray(value)) {
    return value.map(parseWritten);
  }
  return isFields(value) ? parseWrittenGroup(value) : text(value);
}

function parseWrittenGroup(value: unknown): WrittenGroup {
  const pairs = Object.entries(isFields(value) ? value : {});
  return Object.fromEntries(pairs.map(([name, entry]) => [name, parseWritten(entry)]));
}

export function parseForm(value: unknown): FormData | null {
  if (!isFields(value) || !Array.isArray(value.groups)) {
    return null;
  }
  const groups = value.groups.flatMap((group: unknown) =>
    isFields(group) ? [{ name: text(group.name), fields: list(group.fields).flatMap(parseField) }] : [],
  );
  const written = isFields(value.written) ? value.written : {};
  return {
    label: text(value.label),
    kind: text(value.kind),
    description: text(value.description),
    groups,
    written: Object.fromEntries(groups.map(({ name }) => [name, parseWrittenGroup(written[name])])),
  };
}

/** Where a value stands: `params`, `layers`, 0. */
export type Path = readonly (string | number)[];

/** As the host names it: `params.layers[0]`. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (before, part) =>
      typeof part === "number" ? `${before}[${part}]` : before === "" ? part : `${before}.${part}`,
    "",
  );
}

export function valueAt(written: Written | undefined, path: Path): Written | undefined {
  return path.reduce<Written | undefined>((value, part) => {
    if (typeof part === "number") {
      return Array.isArray(value) ? (value as readonly Written[])[part] : undefined;
    }
    return isFields(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, written);
}

/** The same with another value at one place. */
export function withValue(written: Written | undefined, path: Path, value: Written): Written {
  const [first, ...rest] = path;
  if (first === undefined) {
    return value;
  }
  if (typeof first === "number") {
    const items = Array.isArray(written) ? [...(written as readonly Written[])] : [];
    items[first] = withValue(items[first], rest, value);
    return items;
  }
  const fields: WrittenGroup = isFields(written) ? written : {};
  const before = Object.hasOwn(fields, first) ? fields[first] : undefined;
  return Object.fromEntries([
    ...Object.entries(fields).filter(([name]) => name !== first),
    [first, withValue(before, rest, value)],
  ]);
}

const BOUNDS: readonly [
  rule: string,
  fits: (value: number, bound: number) => boolean,
  says: (bound: number) => string,
][] = [
  ["minimum", (value, bound) => value >= bound, (bound) => trans.__("must be at least %1", bound)],
  ["exclusiveMinimum", (value, bound) => value > bound, (bound) => trans.__("must be more than %1", bound)],
  ["maximum", (value, bound) => value <= bound, (bound) => trans.__("must be at most %1", bound)],
  ["exclusiveMaximum", (value, bound) => value < bound, (bound) => trans.__("must be less than %1", bound)],
];

/** What is wrong with the text of a field, as far as that is seen without the host. */
export function quickMistake(field: FieldData, written: string): string | null {
  const value = written.trim();
  if (value === "") {
    return field.required && field.default === "" ? trans.__("is missing") : null;
  }
  if (field.kind === "integer" && !/^[+-]?\d+$/.test(value)) {
    return trans.__("must be a whole number");
  }
  if (field.kind === "number" && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) {
    return trans.__("must be a number, as in 0.1 or 1e-4");
  }
  if (field.kind === "json") {
    try {
      JSON.parse(value);
    } catch {
      return trans.__("must be JSON");
    }
  }
  if (field.kind !== "number" && field.kind !== "integer") {
    return null;
  }
  const broken = BOUNDS.find(([rule, fits]) => {
    const bound = field.rules[rule];
    return typeof bound === "number" && !fits(Number(value), bound);
  });
  return broken === undefined ? null : broken[2](Number(field.rules[broken[0]]));
}
