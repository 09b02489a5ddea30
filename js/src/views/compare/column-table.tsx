import type { JSX } from "preact";
import type { Column } from "../../core/compare";
import { formatNumber, formatParam } from "../../core/format";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { colorOf, nameOf } from "./legend";

interface Props {
  readonly sessions: readonly RunSession[];
  /** Those in whose order the values of the columns stand. */
  readonly all: readonly RunSession[];
  readonly columns: readonly Column[];
}

/** The runs with the values of some columns. */
export function ColumnTable({ sessions, all, columns }: Props): JSX.Element {
  return (
    <div
      class="jp-tracker-data jp-tracker-wide-table"
      tabIndex={0}
      role="region"
      aria-label={trans.__("Values of the runs")}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__("run")}</th>
            {columns.map(({ id, label }) => (
              <th key={id} scope="col" title={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.id}>
              <th scope="row" title={nameOf(session)}>
                <i class="jp-tracker-key" style={{ background: colorOf(session) }} />
                {nameOf(session)}
              </th>
              {columns.map(({ id, values }) => (
                <Value key={id} value={values[all.indexOf(session)]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Value({ value, bold = false }: { value: unknown; bold?: boolean }): JSX.Element {
  const text =
    value === undefined ? "–" : typeof value === "number" ? formatNumber(value) : formatParam(value);
  return <td title={value === undefined ? "" : formatParam(value)}>{bold ? <b>{text}</b> : text}</td>;
}
