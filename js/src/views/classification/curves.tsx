import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Classification, ClassRow, Curve } from "../../core/classification";
import {
  averagePrecision,
  classTable,
  curveOf,
  indexAt,
  ratesAt,
  rocArea,
  thresholdRange,
} from "../../core/classification";
import type { RunClassifications } from "../../core/classification-session";
import { formatNumber } from "../../core/format";
import { trans } from "../../core/translate";
import { hueColor, runHue } from "../chart/colors";
import type { Line } from "./curve-plot";
import { CurvePlot } from "./curve-plot";

export interface Found {
  readonly run: RunClassifications;
  readonly data: Classification;
}

interface Props {
  /** The runs that have logged what is shown. */
  readonly found: readonly Found[];
  /** The one whose classes are told one by one. */
  readonly current: Found;
}

const DASHES = ["", "6 3", "2 2", "9 3 2 3"];

/** ROC and PR curves of all runs, a threshold to move, and the numbers at it. */
export function Curves({ found, current }: Props): JSX.Element {
  const [label, setLabel] = useState("");
  const [wanted, setWanted] = useState<number | null>(null);
  const classes = [
    ...new Set(
      found.flatMap(({ data }) => (data.pooled ? data.curves.slice(1) : []).map((each) => each.label)),
    ),
  ];
  const chosen = classes.includes(label) ? label : "";
  const drawn = found.flatMap(({ run, data }) => {
    const curve = curveOf(data, chosen);
    return curve === undefined ? [] : [{ run, data, curve }];
  });
  const fingerprint = drawn.map(({ run }) => run.key).join();
  const lines = useMemo(() => linesOf(drawn), [fingerprint, chosen, ...drawn.map(({ curve }) => curve)]);
  const range = useMemo(() => thresholdRange(drawn.map(({ curve }) => curve)), [lines]);
  const threshold = range === null ? 0 : Math.min(range[1], Math.max(range[0], wanted ?? start(range)));
  const uncounted = drawn.filter(({ curve }) => curve.positives === null);
  return (
    <div class="jp-tracker-curves-part">
      {drawn.length > 0 && (
        <>
          <div
            class="jp-tracker-toolbar"
            role="group"
            aria-label={trans.__("Curves")}
            data-lm-suppress-shortcuts="true"
          >
            {classes.length > 0 && (
              <label>
                {trans.__("curves of")}
                <select
                  class="jp-tracker-select jp-tracker-run-choice"
                  value={chosen}
                  onChange={(event) => setLabel(event.currentTarget.value)}
                >
                  <option value="">{trans.__("all classes, pooled")}</option>
                  {classes.map((each) => (
                    <option key={each} value={each}>
                      {trans.__("%1 against the rest", each)}
                    </option>
                  ))}
                </select>
              </label>
            )}
            {range !== null && <Threshold range={range} value={threshold} onChange={setWanted} />}
          </div>
          <div class="jp-tracker-curve-plots">
            <CurvePlot kind="roc" lines={lines} threshold={threshold} onThreshold={setWanted} />
            {uncounted.length < drawn.length ? (
              <CurvePlot
                kind="pr"
                lines={lines.filter(({ curve }) => curve.positives !== null)}
                threshold={threshold}
                onThreshold={setWanted}
              />
            ) : null}
          </div>
          {uncounted.length > 0 && (
            <p class="jp-tracker-empty-line">
              {trans.__(
                "Precision of %1 is not known: it needs the number of samples. Log positives= and negatives= with the curve, or y_true=.",
                uncounted.map(({ run }) => run.name).join(", "),
              )}
            </p>
          )}
          <RunTable lines={lines} threshold={threshold} />
        </>
      )}
      <Classes found={current} threshold={threshold} many={found.length > 1} />
    </div>
  );
}

function start([low, high]: readonly [number, number]): number {
  return low <= 0.5 && high >= 0.5 ? 0.5 : low <= 0 && high >= 0 ? 0 : (low + high) / 2;
}

/** Runs of one colour are told apart by dashes. */
function linesOf(drawn: readonly { run: RunClassifications; curve: Curve }[]): Line[] {
  const used = new Map<number, number>();
  return drawn.map(({ run, curve }) => {
    const hue = runHue(run.id);
    const before = used.get(hue) ?? 0;
    used.set(hue, before + 1);
    return {
      key: run.key,
      name: run.name,
      color: hueColor(hue),
      dash: DASHES[before % DASHES.length] ?? "",
      curve,
      area: rocArea(curve),
      averagePrecision: averagePrecision(curve),
    };
  });
}

interface ThresholdProps {
  readonly range: readonly [number, number];
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function Threshold({ range: [low, high], value, onChange }: ThresholdProps): JSX.Element {
  const step = (high - low) / 1000 || 1;
  return (
    <label class="jp-tracker-threshold">
      {trans.__("threshold")}
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={value}
        aria-valuetext={formatNumber(value)}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <input
        type="number"
        class="jp-tracker-input jp-tracker-threshold-number"
        aria-label={trans.__("Threshold, exactly")}
        step="any"
        value={Number(value.toPrecision(4))}
        onChange={(event) => {
          const typed = event.currentTarget.valueAsNumber;
          if (Number.isFinite(typed)) {
            onChange(typed);
          }
        }}
      />
    </label>
  );
}

function number(value: number): JSX.Element {
  return (
    <td title={Number.isNaN(value) ? trans.__("not known") : String(value)}>
      {Number.isNaN(value) ? "–" : formatNumber(value)}
    </td>
  );
}

/** Each run at the threshold, for the curve that is drawn; the legend of the curves, too. */
function RunTable({ lines, threshold }: { lines: readonly Line[]; threshold: number }): JSX.Element {
  return (
    <div class="jp-tracker-classes" tabIndex={0} role="region" aria-label={trans.__("Each run in numbers")}>
      <table class="jp-tracker-table jp-tracker-rates">
        <thead>
          <tr>
            <th scope="col">{trans.__("run")}</th>
            <th scope="col">{trans.__("precision")}</th>
            <th scope="col">{trans.__("recall")}</th>
            <th scope="col">F1</th>
            <th scope="col" title={trans.__("False positive rate")}>
              {trans.__("FPR")}
            </th>
            <th scope="col" title={trans.__("Area under the ROC curve")}>
              {trans.__("ROC area")}
            </th>
            <th scope="col" title={trans.__("Average precision: the area under the PR curve")}>
              {trans.__("PR area")}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const rates = ratesAt(line.curve, indexAt(line.curve, threshold));
            return (
              <tr key={line.key}>
                <th scope="row" title={line.name}>
                  <svg
                    class="jp-tracker-legend-line"
                    viewBox="0 0 18 4"
                    width="18"
                    height="4"
                    aria-hidden="true"
                  >
                    <path
                      d="M0 2h18"
                      stroke-width="2"
                      style={{ stroke: line.color }}
                      stroke-dasharray={line.dash}
                    />
                  </svg>
                  {line.name}
                </th>
                {number(rates.precision)}
                {number(rates.recall)}
                {number(rates.f1)}
                {number(rates.fpr)}
                {number(line.area)}
                {number(line.averagePrecision)}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Each class of one run, and averages over them. */
function Classes({
  found: { run, data },
  threshold,
  many,
}: {
  found: Found;
  threshold: number;
  many: boolean;
}): JSX.Element | null {
  const { rows, averages, atThreshold } = useMemo(() => classTable(data, threshold), [data, threshold]);
  if (rows.length < 2) {
    return null;
  }
  const curves = rows.some(({ area }) => !Number.isNaN(area));
  const row = (each: ClassRow): JSX.Element => (
    <tr key={each.label}>
      <th scope="row" title={each.label}>
        {each.label}
      </th>
      {number(each.precision)}
      {number(each.recall)}
      {number(each.f1)}
      {number(each.support)}
      {curves && number(each.area)}
      {curves && number(each.averagePrecision)}
    </tr>
  );
  return (
    <div class="jp-tracker-classes" tabIndex={0} role="region" aria-label={trans.__("Each class in numbers")}>
      <table class="jp-tracker-table jp-tracker-rates">
        <caption>
          {many && `${run.name}: `}
          {atThreshold ? trans.__("Each class at the threshold") : trans.__("Each class as predicted")}
        </caption>
        <thead>
          <tr>
            <th scope="col">{trans.__("class")}</th>
            <th scope="col">{trans.__("precision")}</th>
            <th scope="col">{trans.__("recall")}</th>
            <th scope="col">F1</th>
            <th scope="col">{trans.__("samples")}</th>
            {curves && <th scope="col">{trans.__("ROC area")}</th>}
            {curves && <th scope="col">{trans.__("PR area")}</th>}
          </tr>
        </thead>
        <tbody>{rows.map(row)}</tbody>
        <tfoot>{averages.map(row)}</tfoot>
      </table>
    </div>
  );
}
