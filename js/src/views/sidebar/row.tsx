import type { JSX } from "preact";
import { formatAge, formatDateTime, formatMetric, formatParam } from "../../core/format";
import { progressShare } from "../../core/remaining";
import type { RunData } from "../../core/wire";
import { SYSTEM_PREFIX, hasEnded } from "../../core/wire";
import { hueColor, runHue } from "../chart/colors";
import { StateShape } from "../common/state-mark";
import type { Row } from "./rows";
import type { RunPages } from "./pages";
import { SPARK_HEIGHT, SPARK_WIDTH } from "./spark";

const MOST_TOLD = 12;

/** All that the row has no room for. */
export function runTitle(run: RunData): string {
  const params = Object.entries(run.params)
    .slice(0, MOST_TOLD)
    .map(([key, value]) => `${key} = ${formatParam(value).slice(0, 80)}`);
  const metrics = Object.entries(run.metrics)
    .filter(([key]) => !key.startsWith(SYSTEM_PREFIX))
    .slice(0, MOST_TOLD)
    .map(([key, { value }]) => `${key}  ${formatMetric(key, value)}`);
  return [
    `${run.experiment} / ${run.name}`,
    `${run.state}${run.reason === "" ? "" : `: ${run.reason}`}`,
    `created ${formatDateTime(run.createdAt)}`,
    ...(params.length > 0 ? ["", ...params] : []),
    ...(metrics.length > 0 ? ["", ...metrics] : []),
  ].join("\n");
}

function Twisty({ open }: { open: boolean }): JSX.Element {
  return (
    <svg class="jp-tracker-twisty" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <path d={open ? "M1 3l4 4 4-4" : "M3 1l4 4-4 4"} fill="none" stroke="currentColor" stroke-width="1.4" />
    </svg>
  );
}

function Sparkline({ path }: { path: string | undefined }): JSX.Element {
  return (
    <svg
      class="jp-tracker-spark"
      viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`}
      width={SPARK_WIDTH}
      height={SPARK_HEIGHT}
      aria-hidden="true"
    >
      {path !== undefined && path !== "" && <path d={path} />}
    </svg>
  );
}

interface RunCellsProps {
  readonly run: RunData;
  readonly pages: RunPages;
  readonly metric: string;
  readonly withExperiment: boolean;
  readonly now: number;
  readonly onStop: (() => void) | null;
}

function RunCells({ run, pages, metric, withExperiment, now, onStop }: RunCellsProps): JSX.Element {
  const first = run.progress[0];
  const share = first === undefined || hasEnded(run.state) ? null : progressShare(first);
  return (
    <>
      <span class="jp-tracker-dot" style={{ background: hueColor(runHue(run.id)) }} />
      <span class="jp-tracker-label">
        <span class="jp-tracker-own">{run.name}</span>
        {withExperiment && <span class="jp-tracker-of">{run.experiment}</span>}
      </span>
      <span class={`jp-tracker-shape jp-tracker-shape-${run.state}`}>
        <StateShape state={run.state} />
      </span>
      {share !== null && (
        <span class="jp-tracker-share" title={`${Math.round(share * 100)} %`}>
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
      <span class="jp-tracker-run-spark" style={{ color: hueColor(runHue(run.id)) }}>
        <Sparkline path={pages.spark(run, metric)} />
      </span>
      <span class="jp-tracker-age">{formatAge(run.startedAt ?? run.createdAt, now).replace(" ago", "")}</span>
      {onStop !== null && (
        <button
          type="button"
          class="jp-tracker-row-button"
          tabIndex={-1}
          aria-label={`Stop ${run.name}`}
          title="Stop"
          onClick={(event) => {
            event.stopPropagation();
            onStop();
          }}
        >
          <svg viewBox="0 0 12 12" width="10" height="10" aria-hidden="true">
            <rect x="2" y="2" width="8" height="8" fill="currentColor" />
          </svg>
        </button>
      )}
    </>
  );
}

export function RowCells({
  row,
  metric,
  now,
  onStar,
  onStop,
}: {
  row: Row;
  metric: string;
  now: number;
  onStar: () => void;
  onStop: () => void;
}): JSX.Element {
  switch (row.kind) {
    case "section":
      return (
        <>
          <Twisty open={row.open} />
          <span class="jp-tracker-label">{row.label}</span>
          {row.active > 0 && <span class="jp-tracker-count-live">{row.active} running</span>}
        </>
      );
    case "experiment":
      return (
        <>
          <Twisty open={row.open} />
          <span class="jp-tracker-label">{row.experiment.name}</span>
          {(row.experiment.active ?? 0) > 0 && (
            <span class="jp-tracker-live" role="img" aria-label={`${row.experiment.active ?? 0} running`} />
          )}
          <button
            type="button"
            class="jp-tracker-row-button"
            tabIndex={-1}
            aria-pressed={row.favourite}
            aria-label={`Favourite ${row.experiment.name}`}
            title={row.favourite ? "No favourite any more" : "Make it a favourite: it stands on top"}
            onClick={(event) => {
              event.stopPropagation();
              onStar();
            }}
          >
            {row.favourite ? "★" : "☆"}
          </button>
          <span class="jp-tracker-age">{row.experiment.runs?.toLocaleString() ?? ""}</span>
        </>
      );
    case "note":
      return <span class="jp-tracker-label">{row.text}</span>;
    case "run":
      return row.run === undefined ? (
        <span class="jp-tracker-bone" />
      ) : (
        <RunCells
          run={row.run}
          pages={row.pages}
          metric={metric}
          withExperiment={row.withExperiment}
          now={now}
          onStop={hasEnded(row.run.state) || row.run.state === "stopping" ? null : onStop}
        />
      );
  }
}
