import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { formatClock, formatDateTime } from "../../core/format";
import type { RunSession } from "../../core/session";
import { VirtualList } from "../common/virtual-list";

const ROW = 22;

/** Newest first. */
export function Events({ session }: { session: RunSession }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const { events } = session;
  if (events.length === 0) {
    return <p class="jp-tracker-empty">No events yet.</p>;
  }
  const row = (index: number): JSX.Element | null => {
    const event = events[events.length - 1 - index];
    return event === undefined ? null : (
      <div
        key={event.sequence}
        role="listitem"
        class={`jp-tracker-event jp-tracker-level-${event.level}`}
        style={{ height: `${ROW}px` }}
        title={`${formatDateTime(event.time)}  ${event.kind}\n${event.message}`}
      >
        <time>{formatClock(event.time)}</time>
        <span class="jp-tracker-event-kind">{event.kind}</span>
        {event.level !== "info" && <b>{event.level}</b>}
        <span class="jp-tracker-event-text">{event.message}</span>
      </div>
    );
  };
  return (
    <div class="jp-tracker-fixed">
      <VirtualList
        scroller={scroller}
        count={events.length}
        rowHeight={ROW}
        row={row}
        label="Events of the run"
        role="list"
      />
    </div>
  );
}
