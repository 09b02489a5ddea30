import type { JSX } from "preact";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { StateMark } from "./state-mark";

/** Which run is shown, and how it stands. */
export function RunLine({ session }: { session: RunSession }): JSX.Element {
  const { run } = session;
  return (
    <header class="jp-tracker-header">
      {run !== null && (
        <>
          <StateMark state={run.state} native={run.nativeState} />
          <span class="jp-tracker-name" title={trans.__("%1 / %2\nid %3", run.experiment, run.name, run.id)}>
            <span class="jp-tracker-experiment">
              {run.experiment}
              <span class="jp-tracker-slash"> / </span>
            </span>
            <b>{run.name}</b>
          </span>
        </>
      )}
    </header>
  );
}
