import type { JSX } from "preact";
import { stripAnsi } from "../../core/ansi";
import { formatClock } from "../../core/format";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";

interface Props {
  readonly session: RunSession;
  readonly live: boolean;
  readonly onOpen: () => void;
}

/** The last line of the log, always on one line of the same height. */
export function LogTail({ session, live, onOpen }: Props): JSX.Element {
  const last = session.log.tail(5).findLast((entry) => entry.text.trim() !== "");
  return (
    <button type="button" class="jp-tracker-log-tail" onClick={onOpen} title={trans.__("Open the log")}>
      {last === undefined ? (
        <span class="jp-tracker-log-tail-text">
          {live ? trans.__("no log lines yet") : trans.__("nothing was printed")}
        </span>
      ) : (
        <>
          <time>{formatClock(last.time)}</time>
          <span class="jp-tracker-log-tail-text">{stripAnsi(last.text)}</span>
        </>
      )}
      <span aria-hidden="true">{trans.__("log")} ▸</span>
    </button>
  );
}
