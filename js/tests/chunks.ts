/** Chunks without a kernel. Imports nothing that loads chunks itself, since this stands in for what does. */

import * as curves from "../src/chunks/curves";
import * as details from "../src/chunks/details";
import * as log from "../src/chunks/log";

const CHUNKS: Readonly<Record<string, unknown>> = { curves, details, log };

/** What a kernel would send as text comes from the sources. */
export function chunkFromSource(_: unknown, name: string): Promise<unknown> {
  return name in CHUNKS
    ? Promise.resolve(CHUNKS[name])
    : Promise.reject(new Error(`There is no chunk '${name}'.`));
}
