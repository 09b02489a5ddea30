import type { ComponentProps, JSX } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { conditionOf, toTsv } from "../../core/columns";
import { formatClock, formatDateTime } from "../../core/format";
import { errorText } from "../../core/host";
import { listingCode } from "../../core/python";
import { selectedRows } from "../../core/table-selection";
import type { TableSession } from "../../core/table-session";
import { trans } from "../../core/translate";
import { Part } from "../common/part";
import type { RunView } from "../run-panel/run-view";
import { ColumnChooser } from "./column-chooser";
import { Drawings } from "./drawings";
import { Grid } from "./grid";
import type { Notice } from "./notices";
import { runCount } from "./notices";
import { Toolbar } from "./toolbar";
import { lifecycleWord } from "../../core/words";

interface Props {
  readonly session: TableSession;
  readonly room: HTMLElement | null;
}

/** Relative times are written anew so often (ms), and ever second while a run is active. */
const QUIET_TICK = 15_000;

export function RunsPanel({ session, room }: Props): JSX.Element {
  const tick = useTable(session);
  const [opened, setOpened] = useState<string | null>(null);
  const [choosing, setChoosing] = useState(false);
  const [notice, setNotice] = useState<Notice | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const scrolled = useRef(0);

  const open = (run: string): void => {
    scrolled.current = scroller.current?.scrollTop ?? 0;
    setOpened(run);
  };
  const close = (): void => {
    setOpened(null);
    requestAnimationFrame(() => {
      if (scroller.current !== null) {
        scroller.current.scrollTop = scrolled.current;
        scroller.current.focus();
      }
    });
  };
  const say = (text: string, bad = false): void => setNotice({ text, bad, undo: null });
  const copyText = (text: string, done: string): void => {
    navigator.clipboard.writeText(text).then(
      () => say(done),
      (error: unknown) => say(trans.__("Nothing was copied: %1", errorText(error)), true),
    );
  };
  const copy = (): void => {
    selectedRows(session).then(
      (rows) =>
        copyText(
          toTsv(rows, session.columns(), session.now()),
          trans.__("Copied: %1.", runCount(rows.length)),
        ),
      (error: unknown) => say(trans.__("Nothing was copied: %1", errorText(error)), true),
    );
  };
  const filterBy = (line: number, index: number): void => {
    const found = session.layout.at(line);
    const row = found?.kind === "row" ? session.rows.at(found.place) : undefined;
    const column = session.columns()[index];
    const condition = row === undefined || column === undefined ? null : conditionOf(row, column);
    if (condition === null) {
      return;
    }
    const { where } = session.settings;
    const before = /\bor\b/i.test(where) ? `(${where})` : where;
    void session.change({ where: before === "" ? condition : `${before} AND ${condition}` });
  };
  const undo = (step: () => Promise<Notice>): void => {
    setNotice(null);
    step().then(setNotice, (error: unknown) =>
      say(trans.__("That was not taken back: %1", errorText(error)), true),
    );
  };

  return (
    <>
      {opened !== null && (
        <section
          aria-label={trans.__("A run of the table")}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation();
              close();
            }
          }}
        >
          <button
            type="button"
            class="jp-tracker-button jp-tracker-back"
            title={trans.__("Back to the table (Esc)")}
            ref={(button) => button?.focus()}
            onClick={close}
          >
            {trans.__("← All runs")}
          </button>
          <Part<ComponentProps<typeof RunView>>
            key={opened}
            host={session.host}
            chunk="run-panel"
            name="RunView"
            props={{ host: session.host, run: opened }}
            height={420}
          />
        </section>
      )}
      <div hidden={opened !== null}>
        <Drawings session={session} />
        <Toolbar
          session={session}
          input={input}
          choosing={choosing}
          onChoose={() => setChoosing(!choosing)}
          onLeaveFilter={() => scroller.current?.focus()}
          onNotice={setNotice}
          onCopy={copy}
          onCopyCode={() => copyText(listingCode(session.settings), trans.__("Copied the line of Python."))}
        />
        {choosing && <ColumnChooser session={session} onClose={() => setChoosing(false)} />}
        <Grid
          session={session}
          scroller={scroller}
          room={room}
          tick={tick}
          open={open}
          filterBy={filterBy}
          copy={copy}
          focusFilter={() => input.current?.focus()}
          leave={() => (session.selected.size > 0 ? session.select([]) : scroller.current?.blur())}
        />
        {session.rows.count === 0 && <p class="jp-tracker-empty">{emptyText(session)}</p>}
        <Strip session={session} notice={notice} onUndo={undo} onClose={() => setNotice(null)} />
      </div>
    </>
  );
}

/** Draws again when something has changed, and in time for the relative times. */
function useTable(session: TableSession): number {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [tick, count] = useReducer((before: number) => before + 1, 0);
  useEffect(() => {
    redraw(undefined);
    return session.subscribe(() => redraw(undefined));
  }, [session]);
  const live = session.active > 0 && session.status.kind !== "disconnected";
  useEffect(() => {
    const timer = setInterval(() => count(undefined), live ? 1000 : QUIET_TICK);
    return () => clearInterval(timer);
  }, [live]);
  return tick;
}

function emptyText({ settings }: TableSession): string {
  if (settings.where !== "") {
    return trans.__("No run fits the filter.");
  }
  if (settings.lifecycle !== "active") {
    return trans.__("No %1 runs.", lifecycleWord(settings.lifecycle));
  }
  const experiment = JSON.stringify(settings.experiment === "" ? "digits" : settings.experiment);
  return trans.__("No runs yet: %1", `with tracker.runs.start(${experiment}) as run: run.log({"loss": 0.5})`);
}

interface StripProps {
  readonly session: TableSession;
  readonly notice: Notice | null;
  readonly onUndo: (step: () => Promise<Notice>) => void;
  readonly onClose: () => void;
}

/** Below the table, where it moves nothing: what was done, and why the table stands still. */
function Strip({ session, notice, onUndo, onClose }: StripProps): JSX.Element {
  const { status, problem, heardAt } = session;
  const trouble = status.kind === "disconnected" || status.kind === "refused" ? status.message : problem;
  return (
    <>
      {notice !== null && (
        <div
          class={`jp-tracker-strip jp-tracker-notice${notice.bad ? " jp-tracker-strip-refused" : ""}`}
          role="status"
        >
          <span>{notice.text}</span>
          <span class="jp-tracker-grow" />
          {notice.undo !== null && (
            <button
              type="button"
              class="jp-tracker-button"
              onClick={() => notice.undo && onUndo(notice.undo)}
            >
              {trans.__("Undo")}
            </button>
          )}
          <button type="button" class="jp-tracker-quiet" aria-label={trans.__("Close")} onClick={onClose}>
            ✕
          </button>
        </div>
      )}
      {trouble !== null && (
        <div class="jp-tracker-strip" role="status">
          <span>
            <b>
              {status.kind === "disconnected" ? trans.__("Disconnected.") : trans.__("No news of the runs.")}
            </b>{" "}
            {trouble}
            {heardAt !== null && (
              <>
                {" "}
                <time title={formatDateTime(heardAt)}>
                  {trans.__("Last data at %1.", formatClock(heardAt))}
                </time>
              </>
            )}
          </span>
          <button type="button" class="jp-tracker-button" onClick={() => session.reconnect()}>
            {trans.__("Try again")}
          </button>
        </div>
      )}
    </>
  );
}
