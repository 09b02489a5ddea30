/** The cells of a confusion matrix on a canvas. */

export interface Look {
  readonly order: readonly number[];
  readonly matrix: Float64Array;
  readonly shade: Float64Array;
  readonly value: (cell: number) => string;
  readonly marked: ReadonlySet<number>;
  readonly diagonal: boolean;
  readonly size: number;
  /** Of the whole, in CSS pixels. */
  readonly side: number;
}

interface Ink {
  readonly hue: string;
  readonly text: string;
  readonly muted: string;
  readonly ground: string;
  readonly line: string;
}

/** Above this share the number stands in the colour of the ground. */
const DARK = 0.55;

export function paint(canvas: HTMLCanvasElement, look: Look): void {
  const { size, side } = look;
  const ratio = window.devicePixelRatio || 1;
  const pixels = Math.round(side * ratio);
  if (canvas.width !== pixels) {
    canvas.width = canvas.height = pixels;
  }
  canvas.style.width = canvas.style.height = `${side}px`;
  const context = canvas.getContext("2d");
  if (context === null) {
    return;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, side, side);
  const style = getComputedStyle(canvas);
  const read = (name: string, fallback: string): string => style.getPropertyValue(name).trim() || fallback;
  const ink: Ink = {
    hue: read("--jp-tracker-color-1", "#0b6bb8"),
    text: read("--jp-tracker-text", "#212121"),
    muted: read("--jp-tracker-muted", "#616161"),
    ground: read("--jp-tracker-surface", "#ffffff"),
    line: read("--jp-tracker-line", "#e0e0e0"),
  };
  const cell = side / size;
  paintShades(context, look, ink, cell);
  if (cell >= 8) {
    paintLines(context, look, ink, cell);
  }
  if (cell >= 12) {
    paintNumbers(context, look, ink, cell, style.fontFamily);
  }
}

/** With the diagonal hidden, the largest of the others is as dark as it gets, so that mistakes can be seen. */
function paintShades(context: CanvasRenderingContext2D, look: Look, ink: Ink, cell: number): void {
  const { order, size, shade, diagonal } = look;
  let most = 1;
  if (!diagonal) {
    most = 0;
    shade.forEach((share, at) => {
      most = Math.floor(at / size) === at % size ? most : Math.max(most, share);
    });
  }
  context.fillStyle = ink.hue;
  order.forEach((row, down) => {
    order.forEach((column, across) => {
      const share = (shade[row * size + column] ?? 0) / (most || 1);
      if (share > 0 && (diagonal || row !== column)) {
        context.globalAlpha = Math.max(0.06, share);
        // A little wider than the cell: half pixels between two of them would be lines.
        const bleed = cell < 8 ? 0.5 : 0;
        context.fillRect(across * cell, down * cell, cell + bleed, cell + bleed);
      }
    });
  });
  context.globalAlpha = 1;
}

function paintLines(context: CanvasRenderingContext2D, { size, side }: Look, ink: Ink, cell: number): void {
  context.strokeStyle = ink.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let line = 0; line <= size; line += 1) {
    const at = Math.min(side - 0.5, Math.round(line * cell) + 0.5);
    context.moveTo(at, 0);
    context.lineTo(at, side);
    context.moveTo(0, at);
    context.lineTo(side, at);
  }
  context.stroke();
  context.strokeStyle = ink.muted;
  for (let at = 0; at < size; at += 1) {
    context.strokeRect(
      Math.round(at * cell) + 0.5,
      Math.round(at * cell) + 0.5,
      Math.round(cell) - 1,
      Math.round(cell) - 1,
    );
  }
}

function paintNumbers(
  context: CanvasRenderingContext2D,
  look: Look,
  ink: Ink,
  cell: number,
  family: string,
): void {
  const { order, matrix, shade, size, diagonal, marked } = look;
  context.font = `${Math.min(13, Math.max(8, cell * 0.36))}px ${family || "sans-serif"}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  order.forEach((row, down) => {
    order.forEach((column, across) => {
      const at = row * size + column;
      if (!diagonal && row === column) {
        return;
      }
      context.fillStyle = diagonal && (shade[at] ?? 0) > DARK ? ink.ground : ink.text;
      if (matrix[at] !== 0) {
        const text = look.value(at);
        if (context.measureText(text).width <= cell - 3) {
          context.fillText(text, (across + 0.5) * cell, (down + 0.5) * cell + 0.5);
        }
      }
      if (marked.has(at) && cell >= 22) {
        context.fillRect((across + 1) * cell - 6, down * cell + 3, 3, 3);
      }
    });
  });
}
