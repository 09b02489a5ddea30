import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { errorText } from "../../core/host";
import { LogSearch } from "../../core/log-search";
import type { RunSession } from "../../core/session";
import { isAtEnd, scrollToShow } from "../../core/virtual";
import { VirtualList } from "../common/virtual-list";
import { LOG_ROW_HEIGHT as ROW, LogRow } from "./log-row";
import { LogToolbar } from "./log-toolbar";

/** The whole log. Follows its end until the reader scrolls up; `/` searches. */
export function Log({ session }: { session: RunSession }): JSX.Element {
  const { log } = session;
  const scroller = useRef<HTMLDivElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const search = useRef(new LogSearch());
  const [following, setFollowing] = useState(true);
  const [query, setQuery] = useState("");
  const [hit, setHit] = useState(-1);
  const [error, setError] = useState<string | null>(null);
  const dropped = useRef(log.dropped);

  const matches = search.current.update(log, query);
  const currentRow = hit >= 0 ? (matches[Math.min(hit, matches.length - 1)] ?? -1) : -1;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) {
      return;
    }
    if (following) {
      element.scrollTop = log.length * ROW;
    } else if (log.dropped > dropped.current) {
      // Lines fell out above: what is being read must stay where it is.
      element.scrollTop -= (log.dropped - dropped.current) * ROW;
    }
    dropped.current = log.dropped;
  }, [log.version, following]);

  const loadOlder = async (): Promise<void> => {
    try {
      const added = await session.loadOlder();
      if (scroller.current !== null && added > 0) {
        scroller.current.scrollTop += added * ROW;
      }
      setError(null);
    } catch (reason) {
      setError(`Older lines did not come: ${errorText(reason)}`);
    }
  };

  const onScroll = (element: HTMLDivElement): void => {
    setFollowing(isAtEnd(element.scrollTop, element.clientHeight, ROW, log.length));
    if (element.scrollTop < 5 * ROW && log.total > log.length) {
      void loadOlder();
    }
  };

  const goTo = (index: number): void => {
    if (matches.length === 0) {
      return;
    }
    const wrapped = (index + matches.length) % matches.length;
    const element = scroller.current;
    setHit(wrapped);
    setFollowing(false);
    if (element !== null) {
      element.scrollTop = scrollToShow(matches[wrapped] ?? 0, element.scrollTop, element.clientHeight, ROW);
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "/" && event.target !== searchBox.current) {
      event.preventDefault();
      event.stopPropagation();
      searchBox.current?.focus();
    }
  };

  return (
    <div class="jp-tracker-log" onKeyDown={onKeyDown}>
      <LogToolbar
        searchBox={searchBox}
        query={query}
        matches={matches.length}
        hit={currentRow < 0 ? -1 : Math.min(hit, matches.length - 1)}
        lines={log.length}
        total={log.total}
        copyText={() => log.plainText()}
        onQuery={(text) => {
          setQuery(text);
          setHit(-1);
        }}
        onStep={(step) => goTo(hit < 0 ? (step > 0 ? 0 : matches.length - 1) : hit + step)}
        onLeave={() => scroller.current?.focus()}
      />
      {error !== null && (
        <p class="jp-tracker-error" role="alert">
          {error}
        </p>
      )}
      {log.length === 0 ? (
        <p class="jp-tracker-empty jp-tracker-fixed">No log lines yet: what the run prints comes here.</p>
      ) : (
        <div class="jp-tracker-fixed">
          <VirtualList
            scroller={scroller}
            count={log.length}
            rowHeight={ROW}
            row={(index) => {
              const entry = log.at(index);
              return entry === undefined ? null : (
                <LogRow
                  key={entry.line}
                  entry={entry}
                  query={query.toLowerCase()}
                  current={index === currentRow}
                />
              );
            }}
            onScroll={onScroll}
            label="Log of the run"
            role="log"
          />
          {!following && (
            <button
              type="button"
              class="jp-tracker-button jp-tracker-follow"
              onClick={() => setFollowing(true)}
            >
              ↓ Follow
            </button>
          )}
        </div>
      )}
    </div>
  );
}
