/** Colours and weight out of terminal text. Only data comes out: spans, never markup. */

export interface Style {
  /** 0-15: the terminal's own colours; text: `rgb(…)` of the 256 and true-colour codes. */
  readonly color: number | string | null;
  readonly background: number | string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export const PLAIN: Style = {
  color: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
};

// Escape sequences in this order: CSI, OSC (titles, links), any other two-byte one; then control characters.
const ESCAPES =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /\x1b\[([0-9;:<=>?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

export function stripAnsi(text: string): string {
  return text.replace(ESCAPES, "");
}

export function parseAnsi(text: string): Span[] {
  const spans: Span[] = [];
  let style = PLAIN;
  let from = 0;
  const push = (to: number): void => {
    if (to > from) {
      spans.push({ text: text.slice(from, to), style });
    }
  };
  for (const match of text.matchAll(ESCAPES)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") {
      style = applyCodes(style, match[1] ?? "");
    }
  }
  push(text.length);
  return spans;
}

function applyCodes(before: Style, codes: string): Style {
  const numbers = codes.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let style = before;
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] ?? 0;
    if (code === 38 || code === 48) {
      const [color, used] = extendedColor(numbers.slice(index + 1));
      index += used;
      style = code === 38 ? { ...style, color } : { ...style, background: color };
    } else {
      style = applyCode(style, code);
    }
  }
  return style;
}

function applyCode(style: Style, code: number): Style {
  if (code >= 30 && code <= 37) {
    return { ...style, color: code - 30 };
  }
  if (code >= 90 && code <= 97) {
    return { ...style, color: code - 82 };
  }
  if (code >= 40 && code <= 47) {
    return { ...style, background: code - 40 };
  }
  if (code >= 100 && code <= 107) {
    return { ...style, background: code - 92 };
  }
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: true };
    case 7:
      return { ...style, color: style.background ?? 0, background: style.color ?? 7 };
    case 22:
      return { ...style, bold: false, dim: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 39:
      return { ...style, color: null };
    case 49:
      return { ...style, background: null };
    default:
      return style;
  }
}

function extendedColor(rest: readonly number[]): [number | string | null, number] {
  if (rest[0] === 5) {
    return [indexedColor(rest[1] ?? 0), 2];
  }
  if (rest[0] === 2) {
    return [rgb(rest[1] ?? 0, rest[2] ?? 0, rest[3] ?? 0), 4];
  }
  return [null, 0];
}

function indexedColor(index: number): number | string {
  if (!(index >= 16)) {
    return Math.max(0, Math.floor(index) || 0);
  }
  if (index >= 232) {
    const grey = 8 + 10 * (Math.min(index, 255) - 232);
    return rgb(grey, grey, grey);
  }
  const cube = index - 16;
  const level = (part: number): number => (part === 0 ? 0 : 55 + 40 * part);
  return rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function rgb(red: number, green: number, blue: number): string {
  const byte = (value: number): number => Math.min(255, Math.max(0, Math.round(value) || 0));
  return `rgb(${byte(red)}, ${byte(green)}, ${byte(blue)})`;
}
