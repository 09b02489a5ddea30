/** Parts of a view that come when they are needed: the host hands over the text of their bundle, and Preact and
 *  the translator go into it as arguments, so that they are there once. `src/chunks/NAME.ts` is built to `static/chunks/NAME.js`. */

import * as preact from "preact";
import * as hooks from "preact/hooks";
import * as jsx from "preact/jsx-runtime";
import type { Host } from "./host";
import { isFields, text } from "./parse";
import * as translate from "./translate";

/** What the build puts around a chunk (`build-widgets.mjs`): called with the shared modules, it gives its exports. */
type Factory = (...shared: readonly unknown[]) => unknown;

const loaded = new Map<string, Promise<unknown>>();

/** The exports of a chunk; loaded once for all views of a bundle. Rejects where it is not there, or a page forbids
 *  modules from memory. */
export function loadChunk(host: Host, name: string): Promise<unknown> {
  const known = loaded.get(name);
  if (known !== undefined) {
    return known;
  }
  const made = fetchChunk(host, name);
  loaded.set(name, made);
  // Another attempt may go better.
  made.catch(() => loaded.delete(name));
  return made;
}

async function fetchChunk(host: Host, name: string): Promise<unknown> {
  const { result } = await host.call("assets.get", { name });
  const code = isFields(result) ? text(result.text) : "";
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    const module = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as { default: Factory };
    return module.default(preact, hooks, jsx, translate);
  } finally {
    URL.revokeObjectURL(url);
  }
}
