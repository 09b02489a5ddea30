/** Parts of a panel that come when they are needed: the kernel hands over the text of their bundle. */

import type { Host } from "../core/host";
import { isFields, text } from "../core/parse";

const modules = new Map<string, Promise<unknown>>();

/** The module of that name, as `static/NAME.js` exports it; loaded once for the page. */
export function loadModule(host: Host, name: string): Promise<unknown> {
  const known = modules.get(name);
  if (known !== undefined) {
    return known;
  }
  const made = fetchModule(host, name);
  modules.set(name, made);
  // Another attempt may go better.
  made.catch(() => modules.delete(name));
  return made;
}

async function fetchModule(host: Host, name: string): Promise<unknown> {
  const { result } = await host.call("module", { name });
  const url = URL.createObjectURL(
    new Blob([isFields(result) ? text(result.code) : ""], { type: "text/javascript" }),
  );
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
