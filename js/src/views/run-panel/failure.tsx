import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { RunSession } from "../../core/session";
import type { RunData } from "../../core/wire";
import { trans } from "../../core/translate";
import { LogRow } from "../log/log-row";

const LAST_LINES = 20;

interface Props {
  readonly session: RunSession;
  readonly run: RunData;
  readonly onOpenLog: () => void;
}

/** What went wrong comes before everything else: the reason, and what the run said last. */
export function Failure({ session, run, onOpenLog }: Props): JSX.Element | null {
  const tail = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (tail.current !== null) {
      tail.current.scrollTop = tail.current.scrollHeight;
    }
  }, [run.state, session.log.version]);
  if (run.state !== "failed" && run.state !== "lost") {
    return null;
  }
  const fallback =
    run.state === "lost"
      ? trans.__("The process of this run is gone without a word.")
      : trans.__("The run gave no reason.");
  const lines = session.log.tail(LAST_LINES);
  return (
    <section class="jp-tracker-failure" aria-label={trans.__("Why the run failed")}>
      <p>{run.reason || fallback}</p>
      {lines.length > 0 && (
        <>
          <div
            ref={tail}
            class="jp-tracker-failure-log"
            tabIndex={0}
            role="region"
            aria-label={trans.__("Last log lines")}
          >
            {lines.map((entry) => (
              <LogRow key={entry.line} entry={entry} query="" current={false} />
            ))}
          </div>
          <button type="button" class="jp-tracker-link" onClick={onOpenLog}>
            {trans.__("Open the log")}
          </button>
        </>
      )}
    </section>
  );
}
