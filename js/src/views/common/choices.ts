/** What a reader chose in a view, kept while the page lives: JupyterLab draws an output anew when its picture changes. */

import { useState } from "preact/hooks";
import type { RunSession } from "../../core/session";

const kept = new WeakMap<RunSession, Map<string, unknown>>();

/** Like `useState`, but a view that is mounted again on the same session goes on with the same value. */
export function useChoice<T extends string | number | boolean>(
  session: RunSession,
  name: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): [T, (value: T) => void] {
  const choices = kept.get(session) ?? new Map<string, unknown>();
  kept.set(session, choices);
  const before = choices.get(name);
  const [value, setValue] = useState<T>(isValid(before) ? before : initial);
  return [
    value,
    (next) => {
      choices.set(name, next);
      setValue(next);
    },
  ];
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}
