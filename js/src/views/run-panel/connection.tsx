import type { JSX } from "preact";
import { formatClock, formatDateTime } from "../../core/format";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";

interface Trouble {
  readonly title: string;
  readonly message: string;
  readonly fatal: boolean;
}

function troubleOf({ status, problem }: RunSession): Trouble | null {
  if (status.kind === "refused") {
    return { title: trans.__("This run cannot be shown."), message: status.message, fatal: true };
  }
  if (status.kind === "disconnected") {
    return { title: trans.__("Disconnected."), message: status.message, fatal: false };
  }
  return problem === null
    ? null
    : { title: trans.__("No news of this run."), message: problem, fatal: false };
}

/** The quiet strip that says why the picture stands still. Nothing while all is well. */
export function Connection({ session }: { session: RunSession }): JSX.Element | null {
  const { heardAt } = session;
  const trouble = troubleOf(session);
  if (trouble === null) {
    return null;
  }
  const last =
    heardAt === null ? null : (
      <>
        {" "}
        <time title={formatDateTime(heardAt)}>{trans.__("Last data at %1.", formatClock(heardAt))}</time>
      </>
    );
  return (
    <div class={`jp-tracker-strip${trouble.fatal ? " jp-tracker-strip-refused" : ""}`} role="status">
      <span>
        <b>{trouble.title}</b> {trouble.message}
        {last}
      </span>
      <button type="button" class="jp-tracker-button" onClick={() => session.reconnect()}>
        {trans.__("Try again")}
      </button>
    </div>
  );
}
