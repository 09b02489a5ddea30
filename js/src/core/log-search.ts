/** Finds text in the log; new lines are searched as they come, old ones only once. */

import { stripAnsi } from "./ansi";
import type { LogBuffer } from "./log-buffer";

export class LogSearch {
  /** Positions in the buffer, ascending. */
  matches: number[] = [];

  private query = "";
  private epoch = -1;
  private scanned = 0;

  update(buffer: LogBuffer, query: string): readonly number[] {
    const wanted = query.toLowerCase();
    if (wanted !== this.query || buffer.epoch !== this.epoch) {
      this.query = wanted;
      this.epoch = buffer.epoch;
      this.matches = [];
      this.scanned = 0;
    }
    if (wanted === "") {
      return this.matches;
    }
    // Lines still being written are looked at again: the last few, which is where those are.
    const from = Math.max(0, Math.min(this.scanned, buffer.length) - 8);
    while ((this.matches.at(-1) ?? -1) >= from) {
      this.matches.pop();
    }
    for (let index = from; index < buffer.length; index += 1) {
      if (
        stripAnsi(buffer.at(index)?.text ?? "")
          .toLowerCase()
          .includes(wanted)
      ) {
        this.matches.push(index);
      }
    }
    this.scanned = buffer.length;
    return this.matches;
  }
}
