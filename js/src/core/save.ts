/** Text and files out of the page. */

import { stripAnsi } from "./ansi";
import type { Host } from "./host";
import { HostError } from "./host";
import type { LogRows } from "./log-rows";
import { isFields } from "./parse";
import { trans } from "./translate";

const MOST_BYTES = 64 << 20;
const MOST_COPIED = 10_000;

/** Hands bytes to the reader as a file. */
export function save(name: string, parts: readonly BlobPart[], type = "application/octet-stream"): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after this; revoking it at once would leave nothing to read.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The bytes of a view as a part of a blob. */
export function bytes(view: DataView | undefined): BlobPart {
  return view === undefined
    ? new ArrayBuffer(0)
    : new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}

/** The whole log as it was printed. Rejects when it is too large to go through the page. */
export async function saveLog(host: Host, run: string, name: string): Promise<void> {
  const parts: BlobPart[] = [];
  let size = 0;
  let after: unknown = null;
  for (;;) {
    const { result, buffers } = await host.call("logs.text", { run, after });
    const part = buffers[0];
    parts.push(bytes(part));
    size += part?.byteLength ?? 0;
    if (size > MOST_BYTES) {
      throw new HostError("TooLarge", trans.__("It has more than 64 MiB: run.logs() reads it in Python."));
    }
    if (!isFields(result) || result.complete !== false) {
      break;
    }
    after = result.cursor;
  }
  save(`${name.replace(/[^\w.-]+/g, "_")}.log`, parts, "text/plain");
}

/** The rows that the filter lets through, as text; the last ten thousand of more. */
export async function rowsText(rows: LogRows): Promise<string> {
  const lines: string[] = [];
  let from = Math.max(0, rows.count - MOST_COPIED);
  while (from < rows.count) {
    const part = await rows.read(from);
    if (part.length === 0) {
      break;
    }
    lines.push(...part.flatMap((row) => Array<string>(Math.min(row.repeats, 100)).fill(stripAnsi(row.text))));
    from += part.length;
  }
  return lines.join("\n");
}
