import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { best, lowerIsBetter, metricKeys } from "../../core/compare";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Value } from "./column-table";
import type { PartProps } from "./legend";
import { colorOf, nameOf } from "./legend";

const KINDS = ["best", "last", "min", "max"] as const;
const kindName = (kind: Kind): string =>
  ({ best: trans.__("best"), last: trans.__("last"), min: trans.__("min"), max: trans.__("max") })[kind];
type Kind = (typeof KINDS)[number];
/** Metrics that are columns at once. */
const MOST = 60;

function valueOf(session: RunSession, key: string, kind: Kind): number | undefined {
  return kind === "best" ? best(session, key) : session.series.get(key)?.[kind];
}

/** What each run has reached; the best of each metric in bold. */
export function Best({ sessions, lit, onLit }: PartProps): JSX.Element {
  const [kind, setKind] = useState<Kind>("best");
  const [sorted, setSorted] = useState<string | null>(null);
  const keys = metricKeys(sessions);
  const shown = keys.slice(0, MOST);
  const lowFirst = (key: string): boolean =>
    kind === "max" ? false : kind === "min" ? true : lowerIsBetter(key);
  const top = new Map(
    shown.map((key) => {
      const values = sessions
        .map((session) => valueOf(session, key, kind))
        .filter((value) => value !== undefined);
      const known = values.filter((value) => !Number.isNaN(value));
      return [key, known.length < 2 ? NaN : lowFirst(key) ? Math.min(...known) : Math.max(...known)];
    }),
  );
  const rows = [...sessions];
  if (sorted !== null) {
    const rank = (session: RunSession): number => {
      const value = valueOf(session, sorted, kind) ?? NaN;
      return Number.isNaN(value) ? Infinity : lowFirst(sorted) ? value : -value;
    };
    rows.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  }
  if (keys.length === 0) {
    return <p class="jp-tracker-empty">{trans.__("These runs have no metrics: call run.log({...}).")}</p>;
  }
  return (
    <section aria-label={trans.__("Best values")}>
      <div class="jp-tracker-toolbar" role="group" aria-label={trans.__("Which values")}>
        <label>
          {trans.__("value")}
          <select
            class="jp-tracker-select"
            value={kind}
            onChange={(event) => setKind(KINDS.find((each) => each === event.currentTarget.value) ?? "best")}
          >
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {kindName(each)}
              </option>
            ))}
          </select>
        </label>
        <span>{trans.__("Click a metric to put the best run first.")}</span>
        {keys.length > MOST && <span>{trans.__("The first %1 of %2 metrics.", MOST, keys.length)}</span>}
      </div>
      <div
        class="jp-tracker-data jp-tracker-wide-table"
        tabIndex={0}
        role="region"
        aria-label={trans.__("Best values")}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">{trans.__("run")}</th>
              {shown.map((key) => (
                <th
                  key={key}
                  scope="col"
                  title={key}
                  aria-sort={sorted === key ? (lowFirst(key) ? "ascending" : "descending") : "none"}
                >
                  <button
                    type="button"
                    class="jp-tracker-sort"
                    onClick={() => setSorted(sorted === key ? null : key)}
                  >
                    {key}
                    {sorted === key ? (lowFirst(key) ? " ↑" : " ↓") : ""}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((session) => (
              <tr
                key={session.id}
                class={lit === session.id ? "jp-tracker-lit" : ""}
                onPointerEnter={() => onLit(session.id)}
                onPointerLeave={() => onLit(null)}
              >
                <th scope="row" title={nameOf(session)}>
                  <i class="jp-tracker-key" style={{ background: colorOf(session) }} />
                  {nameOf(session)}
                </th>
                {shown.map((key) => {
                  const value = valueOf(session, key, kind);
                  return (
                    <Value key={key} value={value} bold={value !== undefined && value === top.get(key)} />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
