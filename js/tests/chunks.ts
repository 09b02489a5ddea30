/** Chunks without a kernel: what it would send as text comes from the sources. Imports nothing that loads chunks
 *  itself, since this stands in for what does. */

import * as classification from "../src/chunks/classification";
import * as compareParts from "../src/chunks/compare-parts";
import * as curves from "../src/chunks/curves";
import * as details from "../src/chunks/details";
import * as log from "../src/chunks/log";
import * as runCurves from "../src/chunks/run-curves";

const CHUNKS: Readonly<Record<string, unknown>> = {
  classification,
  "compare-parts": compareParts,
  curves,
  details,
  log,
  "run-curves": runCurves,
};

export function loadChunk(_: unknown, name: string): Promise<unknown> {
  return name in CHUNKS
    ? Promise.resolve(CHUNKS[name])
    : Promise.reject(new Error(`There is no chunk '${name}'.`));
}
