import type { JSX } from "preact";
import { cellText, isNumeric, valueIn } from "../../core/columns";
import { formatParam } from "../../core/format";
import { SPARK_HEIGHT, SPARK_WIDTH } from "../../core/sparklines";
import type { TableSession } from "../../core/table-session";
import type { FieldInfo, Group, TableRow } from "../../core/table-wire";
import { trans } from "../../core/translate";
import { hueColor, runHue } from "../chart/colors";
import { StateMark } from "../common/state-mark";
import type { ColumnPlace, ColumnRange } from "./column-layout";
import { CHECK_WIDTH } from "./column-layout";

interface RowProps {
  readonly session: TableSession;
  readonly places: readonly ColumnPlace[];
  readonly range: ColumnRange;
  readonly row: TableRow | undefined;
  readonly line: number;
  readonly selected: boolean;
  /** Column of the cursor while it is in this row. */
  readonly active: number | null;
  readonly idOf: (line: number, column: number) => string;
}

/** One run. What is clicked is found by `data-line` and `data-column`; see grid.tsx. */
export function rowElement(props: RowProps): JSX.Element {
  const { places, range, row, line, selected, active } = props;
  const classes = [
    "jp-tracker-run-row",
    selected ? "jp-tracker-chosen" : "",
    active === null ? "" : "jp-tracker-at-row",
  ];
  return (
    <div
      key={line}
      class={classes.join(" ")}
      role="row"
      aria-rowindex={line + 2}
      aria-selected={selected}
      aria-busy={row === undefined}
      data-line={line}
    >
      <div
        class="jp-tracker-cell jp-tracker-check jp-tracker-pinned"
        style={{ width: `${CHECK_WIDTH}px` }}
        role="gridcell"
        aria-colindex={1}
      >
        {row !== undefined && (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={trans.__("Select %1", row.name)}
            checked={selected}
          />
        )}
      </div>
      {places.map((place, index) =>
        place.pinned || (index >= range.from && index < range.to) ? (
          <Cell key={place.column.id} {...props} place={place} index={index} />
        ) : index === range.from - 1 ? (
          <Gap key="before" width={range.before} />
        ) : index === range.to ? (
          <Gap key="after" width={range.after} />
        ) : null,
      )}
    </div>
  );
}

/** In the place of columns that are out of sight. */
function Gap({ width }: { width: number }): JSX.Element {
  return <div class="jp-tracker-gap" role="none" style={{ width: `${width}px` }} />;
}

function Cell(props: RowProps & { place: ColumnPlace; index: number }): JSX.Element {
  const { session, row, line, active, idOf, place, index } = props;
  return (
    <div
      id={active === index ? idOf(line, index) : undefined}
      class={cellClass(place, session.fields, active === index)}
      style={place.style}
      role="gridcell"
      aria-colindex={index + 2}
      data-column={index}
    >
      {row === undefined ? (
        <span class="jp-tracker-bone jp-tracker-bone-cell" />
      ) : (
        content(session, row, place)
      )}
    </div>
  );
}

function cellClass({ column, pinned }: ColumnPlace, fields: readonly FieldInfo[], active: boolean): string {
  const numeric = isNumeric(column, fields);
  return `jp-tracker-cell${numeric ? " jp-tracker-number" : ""}${pinned ? " jp-tracker-pinned" : ""}${
    active ? " jp-tracker-active" : ""
  }`;
}

function content(session: TableSession, row: TableRow, { column }: ColumnPlace): JSX.Element {
  if (column.scope === "spark") {
    const path = session.sparks.path(row, column.name);
    return (
      <svg
        width={SPARK_WIDTH}
        height={SPARK_HEIGHT}
        role="img"
        aria-label={trans.__("curve of %1", column.name)}
      >
        {path !== undefined && path !== "" && (
          <path d={path} class="jp-tracker-spark" style={{ stroke: hueColor(runHue(row.id)) }} />
        )}
      </svg>
    );
  }
  if (column.id === "name") {
    return (
      <>
        <i class="jp-tracker-run-dot" style={{ background: hueColor(runHue(row.id)) }} />
        <span
          class="jp-tracker-run-name"
          data-open="true"
          title={trans.__("%1 / %2\nid %3", row.experiment, row.name, row.id)}
        >
          {row.name}
        </span>
      </>
    );
  }
  if (column.id === "state") {
    return <StateMark state={row.state} native={row.reason || row.nativeState} />;
  }
  const { text, title } = cellText(row, column, session.now());
  return isBest(session.fields, row, column) ? (
    <b title={trans.__("%1, the best", title)}>{text}</b>
  ) : (
    <span title={title}>{text}</span>
  );
}

function isBest(
  fields: readonly FieldInfo[],
  row: TableRow,
  { scope, name, aggregate }: ColumnPlace["column"],
): boolean {
  if (scope !== "metrics" || aggregate !== "last") {
    return false;
  }
  const field = fields.find((one) => one.scope === "metrics" && one.name === name);
  return (
    field?.best != null && field.varies && field.best === valueIn(row, { id: "", scope, name, aggregate })
  );
}

interface GroupProps {
  readonly group: Group;
  readonly param: string;
  readonly open: boolean;
  readonly line: number;
  readonly active: boolean;
  readonly id: string;
  readonly columns: number;
}

/** The line above the runs of one value. */
export function groupElement({ group, param, open, line, active, id, columns }: GroupProps): JSX.Element {
  const value = group.value === undefined ? trans.__("not set") : formatParam(group.value).slice(0, 120);
  return (
    <div
      key={line}
      class={`jp-tracker-run-row jp-tracker-group${active ? " jp-tracker-at-row" : ""}`}
      role="row"
      aria-rowindex={line + 2}
      aria-expanded={open}
      data-line={line}
    >
      <div
        id={active ? id : undefined}
        class={`jp-tracker-cell jp-tracker-pinned jp-tracker-group-cell${active ? " jp-tracker-active" : ""}`}
        role="gridcell"
        aria-colspan={columns + 1}
      >
        <span aria-hidden="true">{open ? "▾" : "▸"}</span>
        <small>{param.replace(/^params\./, "")}</small> <b>{value}</b>
        <small>{group.count.toLocaleString()}</small>
      </div>
    </div>
  );
}
