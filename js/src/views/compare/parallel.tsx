import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Column, Scale } from "../../core/compare";
import { scaleOf } from "../../core/compare";
import { formatParam, formatTick } from "../../core/format";
import { trans } from "../../core/translate";
import { ColumnChoice } from "./column-choice";
import { ColumnTable } from "./column-table";
import type { ColumnPartProps } from "./legend";
import { colorOf, dashesOf, nameOf } from "./legend";
import { TableIcon } from "../common/table-icon";

const HEIGHT = 260;
const [TOP, BOTTOM, SIDE] = [34, 14, 60];
const MOST_PARAMS = 6;
const MOST_METRICS = 2;

type Brush = readonly [number, number];

/** An axis for each column and a line for each run; a brush on an axis leaves those that pass through it. */
export function Parallel({ sessions, columns, lit, onLit }: ColumnPartProps): JSX.Element {
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const [brushes, setBrushes] = useState<ReadonlyMap<string, Brush>>(new Map());
  const [table, setTable] = useState(false);
  const [width, setWidth] = useState(800);
  const frame = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = frame.current;
    if (element === null) {
      return undefined;
    }
    const measure = (): void => setWidth(element.clientWidth || 800);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const wanted = chosen ?? initial(columns);
  const axes = columns.filter(({ id }) => wanted.includes(id));
  const scales = useMemo(() => axes.map((axis) => scaleOf(axis, formatTick)), [columns, wanted.join("\n")]);
  const dashes = dashesOf(sessions);
  const inside = sessions.map((_, run) =>
    axes.every((axis, at) => {
      const brush = brushes.get(axis.id);
      const place = scales[at]?.place(axis.values[run]) ?? null;
      return brush === undefined || (place !== null && place >= brush[0] && place <= brush[1]);
    }),
  );
  const count = inside.filter(Boolean).length;
  const full = Math.max(width, axes.length * 70);
  const xOf = (at: number): number =>
    axes.length > 1 ? SIDE + (at / (axes.length - 1)) * (full - 2 * SIDE) : full / 2;
  const setBrush = (id: string, brush: Brush | null): void => {
    const next = new Map(brushes);
    if (brush === null) {
      next.delete(id);
    } else {
      next.set(id, brush);
    }
    setBrushes(next);
  };
  const paths = sessions.map((_, run) => line(axes, scales, run, xOf));
  return (
    <section aria-label={trans.__("Parallel coordinates")}>
      <div class="jp-tracker-toolbar" role="group" aria-label={trans.__("Parallel coordinates")}>
        <ColumnChoice columns={columns} chosen={wanted} onChange={setChosen} />
        <span>
          {brushes.size === 0
            ? trans.__("Drag on an axis to choose runs.")
            : trans.__("%1 of %2 runs", count, sessions.length)}
        </span>
        <span class="jp-tracker-grow" />
        <button
          type="button"
          class="jp-tracker-button"
          style={{ visibility: brushes.size > 0 ? "visible" : "hidden" }}
          onClick={() => setBrushes(new Map())}
        >
          {trans.__("Reset")}
        </button>
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={table}
          aria-label={trans.__("Parallel coordinates as a table")}
          title={table ? trans.__("Show the lines") : trans.__("Show the values as a table")}
          onClick={() => setTable(!table)}
        >
          <TableIcon />
        </button>
      </div>
      <div ref={frame} class="jp-tracker-parallel-frame">
        {table ? (
          <ColumnTable sessions={sessions.filter((_, run) => inside[run])} all={sessions} columns={axes} />
        ) : axes.length === 0 ? (
          <p class="jp-tracker-empty">{trans.__("Choose the columns that become axes.")}</p>
        ) : (
          <svg
            class="jp-tracker-parallel"
            width={full}
            height={HEIGHT}
            role="group"
            aria-label={trans.__("%1 runs over %2 axes", sessions.length, axes.length)}
          >
            {sessions.map((session, run) => (
              <path
                key={session.id}
                class={`jp-tracker-run-line${inside[run] === true ? "" : " jp-tracker-out"}${lit === session.id ? " jp-tracker-lit" : ""}${lit !== null && lit !== session.id ? " jp-tracker-dim" : ""}`}
                d={paths[run]}
                style={{ stroke: colorOf(session) }}
                stroke-dasharray={dashes[run]}
                onPointerEnter={() => onLit(session.id)}
                onPointerLeave={() => onLit(null)}
              >
                <title>
                  {[
                    nameOf(session),
                    ...axes.map(({ label, values }) => `${label}: ${formatParam(values[run])}`),
                  ].join("\n")}
                </title>
              </path>
            ))}
            {axes.map((axis, at) => {
              const scale = scales[at];
              return (
                scale && (
                  <Axis
                    key={axis.id}
                    axis={axis}
                    scale={scale}
                    x={xOf(at)}
                    space={axes.length > 1 ? (full - 2 * SIDE) / (axes.length - 1) : full}
                    brush={brushes.get(axis.id) ?? null}
                    onBrush={(brush) => setBrush(axis.id, brush)}
                  />
                )
              );
            })}
          </svg>
        )}
      </div>
    </section>
  );
}

function initial(columns: readonly Column[]): string[] {
  const params = columns.filter(({ kind, varies }) => kind === "param" && varies).slice(0, MOST_PARAMS);
  const metrics = columns
    .filter(({ id, kind }) => kind === "metric" && id.startsWith("best "))
    .slice(0, MOST_METRICS);
  return [...params, ...metrics].map(({ id }) => id);
}

function yOf(place: number): number {
  return TOP + (1 - place) * (HEIGHT - TOP - BOTTOM);
}

/** With gaps where a run has no value. */
function line(
  axes: readonly Column[],
  scales: readonly Scale[],
  run: number,
  xOf: (at: number) => number,
): string {
  let result = "";
  let pen = "M";
  axes.forEach((axis, at) => {
    const place = scales[at]?.place(axis.values[run]) ?? null;
    if (place === null) {
      pen = "M";
    } else {
      result += `${pen}${xOf(at).toFixed(1)} ${yOf(place).toFixed(1)}`;
      // A run that is alone on its side of a gap is still a dot.
      result += pen === "M" ? "h0.01" : "";
      pen = "L";
    }
  });
  return result;
}

interface AxisProps {
  readonly axis: Column;
  readonly scale: Scale;
  readonly x: number;
  readonly space: number;
  readonly brush: Brush | null;
  readonly onBrush: (brush: Brush | null) => void;
}

/** Drag, or with the keyboard: arrows move the brush, with Shift they make it longer or shorter, Esc takes it away. */
function Axis({ axis, scale, x, space, brush, onBrush }: AxisProps): JSX.Element {
  const from = useRef<number | null>(null);
  const placeOf = (event: PointerEvent & { currentTarget: SVGElement }): number => {
    const top = event.currentTarget.ownerSVGElement?.getBoundingClientRect().top ?? 0;
    return Math.min(1, Math.max(0, 1 - (event.clientY - top - TOP) / (HEIGHT - TOP - BOTTOM)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const side = event.key === "ArrowUp" ? 0.05 : event.key === "ArrowDown" ? -0.05 : 0;
    const [low, high] = brush ?? [0.5, 1];
    if (event.key === "Escape" && brush !== null) {
      onBrush(null);
    } else if (side !== 0 && brush === null) {
      onBrush(side > 0 ? [0.5, 1] : [0, 0.5]);
    } else if (side !== 0 && event.shiftKey) {
      onBrush([low, Math.min(1, Math.max(low, high + side))]);
    } else if (side !== 0) {
      const by = Math.min(1 - high, Math.max(-low, side));
      onBrush([low + by, high + by]);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const { ticks } = scale;
  const described =
    brush === null
      ? trans.__("no brush")
      : trans.__("from %1 to %2", near(ticks, brush[0]), near(ticks, brush[1]));
  return (
    <g class="jp-tracker-axis" transform={`translate(${x} 0)`}>
      <path class="jp-tracker-axis-line" d={`M0 ${TOP}V${HEIGHT - BOTTOM}`} />
      <text class="jp-tracker-axis-title" y={14} text-anchor="middle">
        {clipped(axis.label, Math.max(6, Math.floor(space / 7)))}
        <title>{axis.label}</title>
      </text>
      {ticks.map(([place, text]) => (
        <text key={place} x={5} y={yOf(place) + 3}>
          {clipped(text, 9)}
          <title>{text}</title>
        </text>
      ))}
      {brush !== null && (
        <rect
          class="jp-tracker-brush"
          x={-7}
          width={14}
          y={yOf(brush[1])}
          height={Math.max(2, yOf(brush[0]) - yOf(brush[1]))}
        />
      )}
      <rect
        class="jp-tracker-axis-grip"
        x={-12}
        width={24}
        y={TOP - 4}
        height={HEIGHT - TOP - BOTTOM + 8}
        tabindex={0}
        role="slider"
        aria-orientation="vertical"
        aria-label={trans.__("Axis %1", axis.label)}
        aria-valuetext={described}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={brush?.[1] ?? 1}
        data-lm-suppress-shortcuts="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          from.current = placeOf(event);
        }}
        onPointerMove={(event) => {
          if (from.current !== null) {
            const to = placeOf(event);
            onBrush(
              Math.abs(to - from.current) < 0.015
                ? null
                : [Math.min(from.current, to), Math.max(from.current, to)],
            );
          }
        }}
        onPointerUp={(event) => {
          if (from.current !== null && Math.abs(placeOf(event) - from.current) < 0.015) {
            onBrush(null);
          }
          from.current = null;
        }}
        onKeyDown={onKeyDown}
      >
        <title>{trans.__("%1: drag to choose, click to clear", axis.label)}</title>
      </rect>
    </g>
  );
}

function near(ticks: Scale["ticks"], place: number): string {
  let found = "";
  let least = Infinity;
  for (const [at, text] of ticks) {
    if (Math.abs(at - place) < least) {
      [least, found] = [Math.abs(at - place), text];
    }
  }
  return found;
}

export function clipped(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
