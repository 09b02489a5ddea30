import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { formatDateTime, formatDuration, formatNumber } from "../../core/format";
import { RemainingTime, elapsedSeconds, progressShare } from "../../core/remaining";
import type { RunSession } from "../../core/session";
import type { ProgressData, RunData } from "../../core/wire";
import { trans } from "../../core/translate";
import { useSecondTick } from "../common/hooks";
import { StateMark } from "../common/state-mark";
import type { Notice } from "./actions";
import { Actions } from "./actions";

interface Props {
  readonly session: RunSession;
  readonly run: RunData;
  readonly live: boolean;
}

interface HeaderProps extends Props {
  readonly code: string;
  readonly onClone: () => void;
  readonly onNotice: (notice: Notice | null) => void;
}

export function Header({ session, run, live, code, onClone, onNotice }: HeaderProps): JSX.Element {
  const first = run.progress[0];
  const stale = live && session.status.kind === "disconnected";
  return (
    <header class={`jp-tracker-header${stale ? " jp-tracker-stale" : ""}`}>
      <StateMark state={run.state} native={run.nativeState} />
      <span class="jp-tracker-name" title={trans.__("%1 / %2\nid %3", run.experiment, run.name, run.id)}>
        {run.experiment !== "" && (
          <span class="jp-tracker-experiment">
            {run.experiment}
            <span class="jp-tracker-slash"> / </span>
          </span>
        )}
        <b>{run.name}</b>
      </span>
      {first && <Progress progress={first} rest={run.progress.slice(1)} />}
      <Times session={session} run={run} live={live} />
      <span class="jp-tracker-actions">
        <Actions session={session} run={run} code={code} onClone={onClone} onNotice={onNotice} />
      </span>
    </header>
  );
}

function progressText({ operation, value, finalValue, units }: ProgressData): string {
  const count =
    finalValue === null
      ? formatNumber(value)
      : trans.__("%1 of %2", formatNumber(value), formatNumber(finalValue));
  return [operation, count, units].filter((part) => part !== "").join(" ");
}

function Progress({
  progress,
  rest,
}: {
  progress: ProgressData;
  rest: readonly ProgressData[];
}): JSX.Element {
  const share = progressShare(progress);
  const label = progressText(progress);
  return (
    <span class="jp-tracker-progress" title={[label, ...rest.map(progressText)].join("\n")}>
      <span class="jp-tracker-progress-text">{label}</span>
      {share !== null && (
        <span
          class="jp-tracker-bar"
          role="progressbar"
          aria-label={progress.operation || trans.__("progress")}
          aria-valuemin={0}
          aria-valuemax={progress.finalValue ?? undefined}
          aria-valuenow={progress.value}
          aria-valuetext={label}
        >
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
    </span>
  );
}

/** Ticks by itself, so that a second does not draw the whole panel again. */
function Times({ session, run, live }: Props): JSX.Element {
  const connected = session.status.kind !== "disconnected";
  useSecondTick(live && connected);
  const remaining = useRef(new RemainingTime());
  // While disconnected the clock stands still as well: nobody knows whether the run goes on.
  const now = connected || session.heardAt === null ? session.now() : session.heardAt - session.skew;
  const elapsed = elapsedSeconds(run, now);
  const left = remaining.current.at(run, now);
  const title = [
    run.createdAt > 0 ? trans.__("created %1", formatDateTime(run.createdAt)) : "",
    run.startedAt === null ? trans.__("not started") : trans.__("started %1", formatDateTime(run.startedAt)),
    run.endedAt === null ? "" : trans.__("ended %1", formatDateTime(run.endedAt)),
  ];
  return (
    <span class="jp-tracker-times" title={title.filter((line) => line !== "").join("\n")}>
      {elapsed !== null && formatDuration(elapsed)}
      {left !== null && <span class="jp-tracker-left">· {trans.__("%1 left", formatDuration(left))}</span>}
    </span>
  );
}
