import type { JSX } from "preact";
import { Component } from "preact";
import type { Span, Style } from "../../core/ansi";
import { parseAnsi } from "../../core/ansi";
import { formatClock, formatDateTime } from "../../core/format";
import type { EventLevel, LogStream } from "../../core/wire";
import { trans } from "../../core/translate";

export const LOG_ROW_HEIGHT = 18;

export interface LogRowEntry {
  readonly line: number;
  readonly time: number;
  readonly stream: LogStream;
  readonly text: string;
  readonly level?: EventLevel;
  readonly repeats?: number;
}

interface Props {
  readonly entry: LogRowEntry;
  readonly query: string;
  readonly current: boolean;
  /** Shows the time in the curves, where there are any. */
  readonly onTime?: ((time: number) => void) | undefined;
}

/** Rows are many and rarely change, so each looks first whether it is the same. */
export class LogRow extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { entry, query, current } = this.props;
    return (
      next.entry !== entry ||
      next.onTime !== this.props.onTime ||
      next.query !== query ||
      next.current !== current
    );
  }

  override render({ entry, query, current, onTime }: Props): JSX.Element {
    const { time, stream, line, level = "info", repeats = 1 } = entry;
    const marks = `${stream === "stdout" ? "" : ` jp-tracker-log-${stream}`}${
      level === "info" ? "" : ` jp-tracker-level-${level}`
    }${current ? " jp-tracker-log-current" : ""}`;
    const place = trans.__("%1, %2, line %3", formatDateTime(time), stream, line + 1);
    const title = level === "info" ? place : `${place}, ${level}`;
    return (
      <div class={`jp-tracker-log-row${marks}`} style={{ height: `${LOG_ROW_HEIGHT}px` }}>
        {onTime === undefined ? (
          <time title={title}>{formatClock(time)}</time>
        ) : (
          <time
            title={trans.__("%1\nClick to see this moment in the curves", title)}
            onClick={() => onTime(time)}
          >
            {formatClock(time)}
          </time>
        )}
        <code>{parseAnsi(entry.text).map((span) => styled(span, query))}</code>
        {repeats > 1 && (
          <span class="jp-tracker-repeats" title={trans.__("%1 equal lines", repeats.toLocaleString())}>
            ×{repeats.toLocaleString()}
          </span>
        )}
      </div>
    );
  }
}

function colorOf(color: number | string | null): string | undefined {
  if (color === null) {
    return undefined;
  }
  return typeof color === "number" ? `var(--jp-tracker-ansi-${color})` : color;
}

function styled({ text, style }: Span, query: string): JSX.Element | string | (JSX.Element | string)[] {
  const content = query === "" ? text : highlighted(text, query);
  return isPlain(style) ? (
    content
  ) : (
    <span
      style={{
        color: colorOf(style.color),
        background: colorOf(style.background),
        fontWeight: style.bold ? "bold" : undefined,
        fontStyle: style.italic ? "italic" : undefined,
        opacity: style.dim ? 0.7 : undefined,
        textDecoration: style.underline ? "underline" : undefined,
      }}
    >
      {content}
    </span>
  );
}

function isPlain(style: Style): boolean {
  return (
    style.color === null &&
    style.background === null &&
    !(style.bold || style.dim || style.italic || style.underline)
  );
}

/** A hit that runs across a change of colour is found by the search, but not marked here. */
function highlighted(text: string, query: string): (JSX.Element | string)[] {
  const lower = text.toLowerCase();
  const parts: (JSX.Element | string)[] = [];
  let from = 0;
  for (let at = lower.indexOf(query); at >= 0; at = lower.indexOf(query, from)) {
    parts.push(text.slice(from, at), <mark>{text.slice(at, at + query.length)}</mark>);
    from = at + query.length;
  }
  parts.push(text.slice(from));
  return parts;
}
