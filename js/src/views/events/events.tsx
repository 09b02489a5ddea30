import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { formatClock, formatDateTime } from "../../core/format";
import type { RunSession } from "../../core/session";
import type { EventLevel, RunEvent } from "../../core/wire";
import { trans } from "../../core/translate";
import { VirtualList } from "../common/virtual-list";

const ROW = 22;
const SERIOUS: Readonly<Record<EventLevel, number>> = { info: 0, warning: 1, error: 2 };

/** Newest first; alerts are marked. */
export function Events({ session }: { session: RunSession }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const [kind, setKind] = useState("");
  const [least, setLeast] = useState<EventLevel>("info");
  const { events } = session;
  if (events.length === 0) {
    return <p class="jp-tracker-empty">{trans.__("No events yet.")}</p>;
  }
  const kinds = Array.from(new Set(events.map((event) => event.kind))).sort();
  const shown = events.filter(
    (event) => (kind === "" || event.kind === kind) && SERIOUS[event.level] >= SERIOUS[least],
  );
  return (
    <>
      <div
        class="jp-tracker-toolbar"
        role="group"
        aria-label={trans.__("Filter the events")}
        data-lm-suppress-shortcuts="true"
      >
        <select
          class="jp-tracker-select"
          aria-label={trans.__("Kind")}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
        >
          <option value="">{trans.__("every kind")}</option>
          {kinds.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <select
          class="jp-tracker-select"
          aria-label={trans.__("Level")}
          value={least}
          onChange={(event) => setLeast(event.currentTarget.value as EventLevel)}
        >
          <option value="info">{trans.__("every level")}</option>
          <option value="warning">{trans.__("warnings, errors")}</option>
          <option value="error">{trans.__("errors")}</option>
        </select>
        <span class="jp-tracker-grow" />
        <span class="jp-tracker-note">
          {shown.length === events.length
            ? trans._n("%2 event", "%2 events", events.length, events.length.toLocaleString())
            : trans.__("%1 of %2 events", shown.length.toLocaleString(), events.length.toLocaleString())}
        </span>
      </div>
      {shown.length === 0 ? (
        <p class="jp-tracker-empty jp-tracker-fixed">{trans.__("No event is of this kind.")}</p>
      ) : (
        <div class="jp-tracker-fixed">
          <VirtualList
            scroller={scroller}
            count={shown.length}
            rowHeight={ROW}
            row={(index) => <Row key={index} event={shown[shown.length - 1 - index]} />}
            label={trans.__("Events of the run")}
            role="list"
          />
        </div>
      )}
    </>
  );
}

function Row({ event }: { event: RunEvent | undefined }): JSX.Element | null {
  if (event === undefined) {
    return null;
  }
  const alert = event.kind === "alert";
  return (
    <div
      role="listitem"
      class={`jp-tracker-event jp-tracker-level-${event.level}${alert ? " jp-tracker-alert" : ""}`}
      style={{ height: `${ROW}px` }}
      title={`${formatDateTime(event.time)}  ${event.kind}\n${event.message}`}
    >
      <time>{formatClock(event.time)}</time>
      <span class="jp-tracker-event-kind">
        {alert && <span aria-hidden="true">▲ </span>}
        {event.kind}
      </span>
      {event.level !== "info" && <b>{event.level}</b>}
      <span class="jp-tracker-event-text">{event.message}</span>
    </div>
  );
}
