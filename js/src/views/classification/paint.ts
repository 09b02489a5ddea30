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
  const [hue, ground, text] = [ink.hue, ink.ground, ink.text].map((color) => channels(context, color));
  order.forEach((row, down) => {
    order.forEach((column, across) => {
      const at = row * size + column;
      if (!diagonal && row === column) {
        return;
      }
      const below = luminance(mixed(ground, hue, diagonal ? (shade[at] ?? 0) : 0));
      const legible = contrast(below, luminance(text)) >= contrast(below, luminance(ground));
      context.fillStyle = legible ? ink.text : ink.ground;
      if (matrix[at] !== 0) {
        const words = look.value(at);
        if (context.measureText(words).width <= cell - 3) {
          context.fillText(words, (across + 0.5) * cell, (down + 0.5) * cell + 0.5);
        }
      }
      if (marked.has(at) && cell >= 22) {
        context.fillRect((across + 1) * cell - 6, down * cell + 3, 3, 3);
      }
    });
  });
}

type Channels = readonly number[] | undefined;

/** Red, green and blue of a colour, from 0 to 255; a canvas reads any that style sheets know. */
function channels(context: CanvasRenderingContext2D, color: string): readonly number[] {
  context.fillStyle = color;
  const read = context.fillStyle;
  return read.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(read.slice(at, at + 2), 16))
    : (read.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

function mixed(ground: Channels, hue: Channels, share: number): readonly number[] {
  return (ground ?? []).map((part, at) => part + ((hue?.[at] ?? part) - part) * share);
}

/** Relative luminance, and the contrast of two, as WCAG 2 defines them. */
function luminance(color: Channels): number {
  const [red = 0, green = 0, blue = 0] = (color ?? []).map((part) =>
    part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}
