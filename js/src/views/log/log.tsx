import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Found } from "../../core/log-finder";
import { LogFinder, NOTHING } from "../../core/log-finder";
import type { LogFilter } from "../../core/log-rows";
import { EVERYTHING, LogRows } from "../../core/log-rows";
import { rowsText, saveLog } from "../../core/save";
import type { RunSession } from "../../core/session";
import { isAtEnd, offsetOf, scrollToShow, scrollTopOf } from "../../core/virtual";
import { trans } from "../../core/translate";
import { VirtualList } from "../common/virtual-list";
import { LOG_ROW_HEIGHT as ROW, LogRow } from "./log-row";
import { LogToolbar } from "./log-toolbar";

interface Props {
  readonly session: RunSession;
  /** Shows a time in the curves, where there are any. */
  readonly onTime?: (time: number) => void;
}

/** Between the end of typing and the search. */
const PAUSE = 150;

/** The whole log, of which only what is looked at is here. Follows its end until the reader scrolls up; `/` searches,
 *  `e` goes to the next error. */
export function Log({ session, onTime }: Props): JSX.Element {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const scroller = useRef<HTMLDivElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const [following, setFollowing] = useState(true);
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<Found>(NOTHING);
  const [current, setCurrent] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const state = useRef<{ rows: LogRows; finder: LogFinder } | null>(null);
  // Rows that are drawn, for where a search begins.
  const seen = useRef({ first: 0, end: 0 });

  const goTo = (position: number): void => {
    const element = scroller.current;
    setCurrent(position);
    setFollowing(false);
    if (element !== null) {
      const { clientHeight: height, scrollTop } = element;
      const count = Math.max(rows.count, position + 1);
      const offset = scrollToShow(position, offsetOf(scrollTop, height, ROW, count), height, ROW);
      element.scrollTop = scrollTopOf(offset, height, ROW, count);
    }
  };
  const latest = useRef(goTo);
  latest.current = goTo;
  if (state.current === null) {
    const made = new LogRows(session.host, session.id, () => redraw(undefined));
    const finder = new LogFinder(made, (now, moved) => {
      setFound(now);
      if (moved && now.position !== null) {
        latest.current(now.position);
      }
    });
    state.current = { rows: made, finder };
  }
  const { rows, finder } = state.current;

  useEffect(
    () => () => {
      finder.stop();
      rows.close();
    },
    [rows, finder],
  );
  // What the run prints comes with the session; the rows are asked for when there is more.
  useEffect(() => rows.refresh(), [session.log.version]);

  useEffect(() => {
    finder.stop();
    setFound(NOTHING);
    if (query === "") {
      setCurrent(null);
      return undefined;
    }
    const timer = setTimeout(() => finder.find(query, current ?? seen.current.first, 0), PAUSE);
    return () => clearTimeout(timer);
  }, [query, rows.filter]);

  useLayoutEffect(() => {
    if (following && scroller.current !== null) {
      scroller.current.scrollTop = scroller.current.scrollHeight;
    }
  });

  const onScroll = (element: HTMLDivElement): void => {
    const { scrollTop, clientHeight } = element;
    setFollowing(isAtEnd(offsetOf(scrollTop, clientHeight, ROW, rows.count), clientHeight, ROW, rows.count));
  };

  const toError = async (step: 1 | -1): Promise<void> => {
    const from = current ?? (step > 0 ? seen.current.first - 1 : seen.current.end);
    const { position } = await rows.ask("logs.seek", { level: "error", position: from, step });
    if (typeof position === "number") {
      goTo(position);
    }
  };

  const onFilter = (filter: LogFilter): void => {
    rows.setFilter(filter);
    setCurrent(null);
    setFollowing(true);
    redraw(undefined);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === "/") {
      searchBox.current?.focus();
    } else if (event.key === "e" || event.key === "E") {
      void toError(event.key === "E" ? -1 : 1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  // Until a long log is gone through, its end comes from the session.
  const ahead = !rows.complete && following;
  const tail = ahead ? session.log.tail(50) : [];
  const trouble = error ?? rows.error;
  const filtered = rows.filter !== EVERYTHING && (rows.filter.levels ?? rows.filter.streams) !== null;

  return (
    <div class="jp-tracker-log" onKeyDown={onKeyDown}>
      <LogToolbar
        searchBox={searchBox}
        query={query}
        found={found}
        filter={rows.filter}
        errors={rows.levels.error ?? 0}
        count={rows.count}
        complete={rows.complete}
        onQuery={setQuery}
        onStep={(step) => finder.find(query, current ?? seen.current.first, current === null ? 0 : step)}
        onError={(step) => {
          toError(step).catch((reason: unknown) => setError(String(reason)));
        }}
        onFilter={onFilter}
        onLeave={() => scroller.current?.focus()}
        copyText={() => rowsText(rows)}
        onSave={() => saveLog(session.host, session.id, session.run?.name ?? session.id)}
      />
      {trouble !== null && (
        <p class="jp-tracker-error" role="alert">
          {trans.__("The log could not be read: %1", trouble)}
        </p>
      )}
      {rows.count === 0 && tail.length === 0 ? (
        <p class="jp-tracker-empty jp-tracker-fixed">
          {filtered
            ? trans.__("No line is of this kind.")
            : trans.__("No log lines yet: what the run prints comes here.")}
        </p>
      ) : (
        <div class="jp-tracker-fixed">
          <VirtualList
            scroller={scroller}
            count={tail.length > 0 ? tail.length : rows.count}
            rowHeight={ROW}
            row={(index) => {
              const entry = tail.length > 0 ? tail[index] : rows.at(index);
              return entry === undefined ? (
                <div key={index} class="jp-tracker-log-row" style={{ height: `${ROW}px` }} />
              ) : (
                <LogRow
                  key={index}
                  entry={entry}
                  query={query.toLowerCase()}
                  current={tail.length === 0 && index === current}
                  onTime={onTime}
                />
              );
            }}
            onScroll={onScroll}
            onRows={(first, end) => {
              seen.current = { first, end };
              rows.look(first, end, following);
            }}
            label={trans.__("Log of the run")}
            role="log"
          />
          {!following && (
            <button
              type="button"
              class="jp-tracker-button jp-tracker-follow"
              onClick={() => {
                setFollowing(true);
                rows.look(seen.current.first, seen.current.end, true);
              }}
            >
              {trans.__("↓ Follow")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
