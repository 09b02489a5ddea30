import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { trans } from "../../core/translate";
import { paint } from "./paint";

/** Places among the labels, whatever the order in which they are shown. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

interface Props {
  readonly labels: readonly string[];
  readonly order: readonly number[];
  readonly matrix: Float64Array;
  /** 0…1 for each cell, which is its shade. */
  readonly shade: Float64Array;
  readonly value: (cell: number) => string;
  /** Cells that have examples. */
  readonly marked: ReadonlySet<number>;
  readonly diagonal: boolean;
  readonly selected: Cell | null;
  readonly theme: number;
  readonly describe: (cell: Cell) => string;
  readonly onHover: (cell: Cell | null) => void;
  readonly onOpen: (cell: Cell) => void;
}

const LARGEST_CELL = 60;
const LABEL_SPACE = 13;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The cells on a canvas, so that a thousand classes are one picture; labels as text beside it. */
export function Matrix(props: Props): JSX.Element {
  const { labels, order, describe, onHover, onOpen } = props;
  const size = order.length;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  /** Where the keyboard or the pointer is, in the order that is shown. */
  const [at, setAt] = useState<readonly [number, number] | null>(null);

  useEffect(() => {
    const element = frame.current;
    if (element === null) {
      return undefined;
    }
    const measure = (): void => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const gutter = Math.min(110, 22 + 7 * longest(labels), Math.max(48, width * 0.3));
  const head = Math.max(32, Math.min(84, 10 + 6.5 * longest(labels)));
  const side = Math.max(40, Math.min((width || 360) - gutter - 12, LARGEST_CELL * size, 460));
  const cell = side / size;
  const every = Math.max(1, Math.ceil(LABEL_SPACE / cell));

  const { matrix, shade, value, marked, diagonal } = props;
  useLayoutEffect(() => {
    if (canvas.current !== null) {
      paint(canvas.current, { order, matrix, shade, value, marked, diagonal, size, side });
    }
  }, [order, matrix, shade, value, marked, diagonal, size, side, props.theme]);

  const cellAt = (place: readonly [number, number]): Cell => ({
    row: order[place[0]] ?? 0,
    column: order[place[1]] ?? 0,
  });
  const moveTo = (place: readonly [number, number] | null): void => {
    if (place?.join() !== at?.join()) {
      setAt(place);
      onHover(place && cellAt(place));
    }
  };
  const placeOf = (event: MouseEvent): readonly [number, number] => {
    const box = canvas.current?.getBoundingClientRect();
    const place = (position: number): number =>
      Math.min(size - 1, Math.max(0, Math.floor((position / Math.max(1, box?.width ?? side)) * size)));
    return [place(event.clientY - (box?.top ?? 0)), place(event.clientX - (box?.left ?? 0))];
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = MOVES[event.key];
    if (move !== undefined) {
      const [row, column] = at ?? [-1, -1];
      const step = (from: number, by: number): number => Math.min(size - 1, Math.max(0, from + by));
      moveTo(at === null ? [0, 0] : [step(row, move[0]), step(column, move[1])]);
    } else if ((event.key === "Enter" || event.key === " ") && at !== null) {
      onOpen(cellAt(at));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = order
    .map((label, place) => ({ text: labels[label] ?? "", place }))
    .filter(({ place }) => place % every === 0);
  return (
    <div
      ref={frame}
      class="jp-tracker-matrix"
      style={{ "--gutter": `${gutter}px`, "--side": `${side}px`, "--head": `${head}px` }}
    >
      <div class="jp-tracker-matrix-axis">{trans.__("true ↓ predicted →")}</div>
      <div class="jp-tracker-matrix-columns">
        {shown.map(({ text, place }) => (
          <span key={place} title={text} style={{ left: `${(place + every / 2) * cell}px` }}>
            {text}
          </span>
        ))}
      </div>
      <div class="jp-tracker-matrix-rows">
        {shown.map(({ text, place }) => (
          <span key={place} title={text} style={{ top: `${(place + every / 2) * cell}px` }}>
            {text}
          </span>
        ))}
      </div>
      <div class="jp-tracker-matrix-field">
        <canvas
          ref={canvas}
          class="jp-tracker-matrix-cells"
          role="img"
          aria-label={trans.__(
            "Confusion matrix of %1 classes. Arrow keys walk over the cells, Enter shows examples.%2",
            size,
            at === null ? "" : ` ${describe(cellAt(at))}`,
          )}
          title={at === null ? "" : describe(cellAt(at))}
          tabIndex={0}
          data-lm-suppress-shortcuts="true"
          onPointerMove={(event) => moveTo(placeOf(event))}
          onPointerLeave={() => moveTo(null)}
          onClick={(event) => onOpen(cellAt(placeOf(event)))}
          onKeyDown={onKeyDown}
          onBlur={() => moveTo(null)}
        />
        <Frame
          place={props.selected && [order.indexOf(props.selected.row), order.indexOf(props.selected.column)]}
          cell={cell}
          chosen
        />
        <Frame place={at} cell={cell} />
      </div>
    </div>
  );
}

interface FrameProps {
  readonly place: readonly number[] | null;
  readonly cell: number;
  readonly chosen?: boolean;
}

/** Around a cell; over the canvas, which is then not painted again when the pointer moves. */
function Frame({ place, cell, chosen = false }: FrameProps): JSX.Element | null {
  const [row = -1, column = -1] = place ?? [];
  const style = {
    left: `${column * cell}px`,
    top: `${row * cell}px`,
    width: `${Math.max(4, cell)}px`,
    height: `${Math.max(4, cell)}px`,
    borderWidth: chosen ? "2px" : "1px",
  };
  return row < 0 || column < 0 ? null : <div class="jp-tracker-matrix-frame" style={style} />;
}

function longest(labels: readonly string[]): number {
  return labels.reduce((most, { length }) => Math.max(most, length), 0);
}
