import type { JSX } from "preact";
import { Component } from "preact";
import type { Span, Style } from "../../core/ansi";
import { parseAnsi } from "../../core/ansi";
import { formatClock, formatDateTime } from "../../core/format";
import type { LogEntry } from "../../core/log-buffer";

export const LOG_ROW_HEIGHT = 18;

interface Props {
  readonly entry: LogEntry;
  readonly query: string;
  readonly current: boolean;
}

/** Rows are many and rarely change, so each looks first whether it is the same. */
export class LogRow extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { entry, query, current } = this.props;
    return next.entry !== entry || next.query !== query || next.current !== current;
  }

  override render({ entry, query, current }: Props): JSX.Element {
    const marks = `${entry.stream === "stdout" ? "" : ` jp-tracker-log-${entry.stream}`}${
      current ? " jp-tracker-log-current" : ""
    }`;
    return (
      <div class={`jp-tracker-log-row${marks}`} style={{ height: `${LOG_ROW_HEIGHT}px` }}>
        <time title={`${formatDateTime(entry.time)}, ${entry.stream}, line ${entry.line}`}>
          {formatClock(entry.time)}
        </time>
        <code>{parseAnsi(entry.text).map((span) => styled(span, query))}</code>
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
