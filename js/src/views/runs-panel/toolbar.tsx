import type { JSX, RefObject } from "preact";
import { columnId } from "../../core/columns";
import type { TableSession } from "../../core/table-session";
import { trans } from "../../core/translate";
import { BulkBar } from "./bulk-bar";
import { FilterLine } from "./filter-line";
import type { Notice } from "./notices";
import { runCount } from "./notices";
import { lifecycleWord } from "../../core/words";

interface Props {
  readonly session: TableSession;
  readonly input: RefObject<HTMLInputElement>;
  readonly choosing: boolean;
  readonly onChoose: () => void;
  readonly onLeaveFilter: () => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onCopy: () => void;
  readonly onCopyCode: () => void;
}

const LIFECYCLES = ["active", "archived", "deleted"];

/** The filter and what it found; and in a line that is always there, what can be done. */
export function Toolbar(props: Props): JSX.Element {
  const { session } = props;
  const { settings, fields } = session;
  const { view } = settings;
  const params = fields.filter(({ scope }) => scope === "params");
  const groups = params.map(({ name }) => columnId("params", name));
  const shown = groups.includes(view.group) || view.group === "" ? groups : [view.group, ...groups];
  return (
    <>
      <div class="jp-tracker-runs-top">
        <FilterLine session={session} input={props.input} onLeave={props.onLeaveFilter} />
        <span class="jp-tracker-hits" role="status">
          {hits(session)}
        </span>
      </div>
      <div class="jp-tracker-toolbar jp-tracker-runs-bar" data-lm-suppress-shortcuts="true">
        {session.selected.size > 0 ? (
          <BulkBar session={session} onNotice={props.onNotice} onCopy={props.onCopy} />
        ) : (
          <>
            <label>
              {trans.__("group by")}
              <select
                class="jp-tracker-select"
                value={view.group}
                onChange={(event) =>
                  void session.change({ view: { ...view, group: event.currentTarget.value } })
                }
              >
                <option value="">{trans.__("nothing")}</option>
                {shown.map((id) => (
                  <option key={id} value={id}>
                    {id.replace(/^params\./, "")}
                  </option>
                ))}
              </select>
            </label>
            <label>
              {trans.__("show")}
              <select
                class="jp-tracker-select"
                value={settings.lifecycle}
                onChange={(event) =>
                  void session.change({ lifecycle: event.currentTarget.value, selected: [] })
                }
              >
                {LIFECYCLES.map((word) => (
                  <option key={word} value={word}>
                    {lifecycleWord(word)}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        <span class="jp-tracker-grow" />
        <button
          type="button"
          class="jp-tracker-button"
          aria-pressed={view.curves}
          title={
            view.curves
              ? trans.__("Hide the curves above the table")
              : trans.__("Draw curves above the table")
          }
          onClick={() => void session.change({ view: { ...view, curves: !view.curves } })}
        >
          {trans.__("Curves")}
        </button>
        <button
          type="button"
          class="jp-tracker-button"
          aria-expanded={props.choosing}
          onClick={props.onChoose}
        >
          {trans.__("Columns")}
        </button>
        <button
          type="button"
          class="jp-tracker-button"
          title={trans.__("Copy the line of Python that lists these runs")}
          onClick={props.onCopyCode}
        >
          {trans.__("Copy code")}
        </button>
      </div>
    </>
  );
}

function hits({ rows, more, active }: TableSession): string {
  if (rows.count === null) {
    return "";
  }
  const count = more ? trans.__("first %1", runCount(rows.count)) : runCount(rows.count);
  return active > 0 ? trans.__("%1, %2 active", count, active.toLocaleString()) : count;
}
