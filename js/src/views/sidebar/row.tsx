import type { JSX } from "preact";
import { formatDateTime, formatDuration, formatExact, formatMetric, formatParam } from "../../core/format";
import { progressShare } from "../../core/remaining";
import type { RunData } from "../../core/wire";
import { SYSTEM_PREFIX, hasEnded } from "../../core/wire";
import { trans } from "../../core/translate";
import { hueColor, runHue } from "../chart/colors";
import { StateShape } from "../common/state-mark";
import type { Look, RowColumn } from "./look";
import type { Row } from "./rows";
import type { RunPages } from "./pages";
import { SPARK_HEIGHT, SPARK_WIDTH } from "./spark";
import { stateWord } from "../../core/words";
import { formatSince } from "../../core/format";

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
  const state = stateWord(run.state);
  return [
    `${run.experiment} / ${run.name}`,
    run.reason === "" ? state : `${state}: ${run.reason}`,
    trans.__("created %1", formatDateTime(run.createdAt)),
    ...(params.length > 0 ? ["", ...params] : []),
    ...(metrics.length > 0 ? ["", ...metrics] : []),
  ].join("\n");
}

function Twisty({ open }: { open: boolean }): JSX.Element {
  return (
    <svg class="jp-tracker-side-twisty" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <path d={open ? "M1 3l4 4 4-4" : "M3 1l4 4-4 4"} fill="none" stroke="currentColor" stroke-width="1.4" />
    </svg>
  );
}

function Sparkline({ path }: { path: string | undefined }): JSX.Element {
  return (
    <svg
      class="jp-tracker-side-spark"
      viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`}
      width={SPARK_WIDTH}
      height={SPARK_HEIGHT}
      aria-hidden="true"
    >
      {path !== undefined && path !== "" && <path d={path} />}
    </svg>
  );
}

/** What all cells are drawn with. */
export interface CellProps {
  readonly look: Look;
  readonly now: number;
}

interface RunCellsProps extends CellProps {
  readonly run: RunData;
  readonly pages: RunPages;
  readonly withExperiment: boolean;
  readonly onStop: (() => void) | null;
}

function Metric({ run, name }: { run: RunData; name: string | null }): JSX.Element | null {
  const found = name === null ? undefined : run.metrics[name];
  return name === null || found === undefined ? null : (
    <span class="jp-tracker-side-value" title={`${name} ${formatExact(found.value)}`}>
      {formatMetric(name, found.value)}
    </span>
  );
}

function RunCells({ run, pages, look, withExperiment, now, onStop }: RunCellsProps): JSX.Element {
  const { metric, columns } = look;
  const first = run.progress[0];
  const share = first === undefined || hasEnded(run.state) ? null : progressShare(first);
  const shows = (column: RowColumn): boolean => columns.includes(column);
  return (
    <>
      <span class="jp-tracker-side-dot" style={{ background: hueColor(runHue(run.id)) }} />
      <span class="jp-tracker-side-label">
        <span class="jp-tracker-side-own">{run.name}</span>
        {withExperiment && <span class="jp-tracker-side-of">{run.experiment}</span>}
      </span>
      {shows("state") && (
        <span class={`jp-tracker-side-shape jp-tracker-side-shape-${run.state}`}>
          <StateShape state={run.state} />
        </span>
      )}
      {share !== null && (
        <span
          class="jp-tracker-side-share"
          role="progressbar"
          aria-label={first?.operation}
          aria-valuenow={Math.round(share * 100)}
          title={`${Math.round(share * 100)} %`}
        >
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
      {shows("sparkline") && (
        <span class="jp-tracker-side-run-spark" style={{ color: hueColor(runHue(run.id)) }}>
          <Sparkline path={pages.spark(run, metric)} />
        </span>
      )}
      {shows("metric") && <Metric run={run} name={pages.metricOf(metric)} />}
      {shows("duration") && run.startedAt !== null && (
        <span class="jp-tracker-side-age" title={trans.__("how long it takes")}>
          {formatDuration((run.endedAt ?? now) - run.startedAt)}
        </span>
      )}
      {shows("age") && (
        <span class="jp-tracker-side-age">{formatSince(run.startedAt ?? run.createdAt, now)}</span>
      )}
      {onStop !== null && (
        <button
          type="button"
          class="jp-tracker-side-row-button"
          tabIndex={-1}
          aria-label={trans.__("Stop %1", run.name)}
          title={trans.__("Stop")}
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

interface RowCellsProps extends CellProps {
  readonly row: Row;
  readonly onStar: () => void;
  readonly onStop: () => void;
}

export function RowCells({ row, onStar, onStop, ...shown }: RowCellsProps): JSX.Element {
  switch (row.kind) {
    case "section":
      return (
        <>
          <Twisty open={row.open} />
          <span class="jp-tracker-side-label">{row.label}</span>
          {row.active > 0 && (
            <span class="jp-tracker-side-count-live">{trans.__("%1 running", row.active)}</span>
          )}
        </>
      );
    case "experiment":
      return (
        <>
          <Twisty open={row.open} />
          <span class="jp-tracker-side-label">{row.experiment.name}</span>
          {(row.experiment.active ?? 0) > 0 && (
            <span
              class="jp-tracker-side-live"
              role="img"
              aria-label={trans.__("%1 running", row.experiment.active ?? 0)}
            />
          )}
          <button
            type="button"
            class="jp-tracker-side-row-button"
            tabIndex={-1}
            aria-pressed={row.favourite}
            aria-label={trans.__("Favourite %1", row.experiment.name)}
            title={trans.__(
              row.favourite ? "No favourite any more" : "Make it a favourite: it stands on top",
            )}
            onClick={(event) => {
              event.stopPropagation();
              onStar();
            }}
          >
            {row.favourite ? "★" : "☆"}
          </button>
          <span class="jp-tracker-side-age">{row.experiment.runs?.toLocaleString() ?? ""}</span>
        </>
      );
    case "note":
      return row.lines === 1 ? (
        <span class="jp-tracker-side-label">{row.text}</span>
      ) : (
        <span class="jp-tracker-side-words" style={{ "-webkit-line-clamp": row.lines }}>
          {row.text}
        </span>
      );
    case "step":
      return <span class="jp-tracker-side-label">{row.text}</span>;
    case "filler":
      return <></>;
    case "run":
      return row.run === undefined ? (
        <span class="jp-tracker-side-bone" />
      ) : (
        <RunCells
          run={row.run}
          pages={row.pages}
          withExperiment={row.withExperiment}
          onStop={hasEnded(row.run.state) || row.run.state === "stopping" ? null : onStop}
          {...shown}
        />
      );
  }
}
