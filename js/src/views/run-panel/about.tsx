import type { JSX } from "preact";
import { formatDateTime } from "../../core/format";
import type { RunSession } from "../../core/session";
import type { RunData } from "../../core/wire";
import { trans } from "../../core/translate";
import type { Notice } from "./actions";
import { change } from "./actions";
import { lifecycleWord } from "../../core/words";

interface Props {
  readonly session: RunSession;
  readonly run: RunData;
  readonly notice: Notice | null;
  readonly onNotice: (notice: Notice | null) => void;
}

/** What must be known of this run before its curves are read: put away, trimmed, a part of another one, notes. */
export function About({ session, run, notice, onNotice }: Props): JSX.Element {
  const facts = [
    run.attempt > 1 ? trans.__("attempt %1", run.attempt) : "",
    run.parent === "" ? "" : trans.__("a part of %1", run.parent.slice(0, 8)),
    run.trimmedAt === null
      ? ""
      : trans.__(
          "points, log and files were removed by retention on %1",
          formatDateTime(run.trimmedAt).slice(0, 10),
        ),
  ].filter((fact) => fact !== "");
  const { undo } = notice ?? {};
  return (
    <>
      {facts.length > 0 && <p class="jp-tracker-facts">{facts.join(" · ")}</p>}
      {run.notes !== "" && (
        <p class="jp-tracker-facts jp-tracker-said" title={run.notes}>
          {run.notes}
        </p>
      )}
      {notice !== null && (
        <div class="jp-tracker-strip" role={notice.bad ? "alert" : "status"}>
          <span>{notice.text}</span>
          <span class="jp-tracker-steps">
            {undo !== undefined && (
              <button
                type="button"
                class="jp-tracker-button"
                onClick={() => void change(session, undo, onNotice)}
              >
                {trans.__("Undo")}
              </button>
            )}
            <button
              type="button"
              class="jp-tracker-quiet"
              aria-label={trans.__("Close")}
              onClick={() => onNotice(null)}
            >
              ×
            </button>
          </span>
        </div>
      )}
      {run.lifecycle !== "active" && notice === null && (
        <div class="jp-tracker-strip" role="status">
          <span>{trans.__("This run is %1.", lifecycleWord(run.lifecycle))}</span>
          <button
            type="button"
            class="jp-tracker-button"
            onClick={() =>
              void change(session, run.lifecycle === "deleted" ? "runs.restore" : "runs.unarchive", onNotice)
            }
          >
            {trans.__("Restore")}
          </button>
        </div>
      )}
    </>
  );
}
