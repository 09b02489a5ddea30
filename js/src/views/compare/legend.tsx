import type { JSX } from "preact";
import type { Column } from "../../core/compare";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { hueColor, runHue } from "../chart/colors";
import { StateMark } from "../common/state-mark";

/** What every part of a comparison is given. */
export interface PartProps {
  readonly sessions: readonly RunSession[];
  readonly lit: string | null;
  readonly onLit: (run: string | null) => void;
}

/** What those are given that draw columns. */
export interface ColumnPartProps extends PartProps {
  readonly columns: readonly Column[];
}

export function hueOf({ run, id }: RunSession): number {
  return runHue(run?.id ?? id);
}

export function colorOf(session: RunSession): string {
  return hueColor(hueOf(session));
}

export function nameOf({ run, id }: RunSession): string {
  return run?.name ?? id.slice(0, 8);
}

/** Of runs of one colour the second and later are dashed, as in the curves. */
export function dashesOf(sessions: readonly RunSession[]): string[] {
  const used = new Map<number, number>();
  return sessions.map((session) => {
    const hue = hueOf(session);
    const before = used.get(hue) ?? 0;
    used.set(hue, before + 1);
    return before === 0 ? "" : (["6 3", "2 2", "9 3 2 3"][(before - 1) % 3] ?? "");
  });
}

interface Props {
  readonly sessions: readonly RunSession[];
  readonly hidden: ReadonlySet<string>;
  readonly lit: string | null;
  readonly onHidden: (hidden: ReadonlySet<string>) => void;
  readonly onLit: (run: string | null) => void;
}

/** The runs: which colour each has, how it stands, and whether it is drawn. */
export function Legend({ sessions, hidden, lit, onHidden, onLit }: Props): JSX.Element {
  const dashes = dashesOf(sessions);
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) {
      next.add(id);
    }
    onHidden(next);
  };
  return (
    <ul class="jp-tracker-legend" aria-label={trans.__("Runs that are compared")}>
      {sessions.map((session, at) => {
        const { id, run, status, problem } = session;
        const trouble =
          status.kind === "refused" || status.kind === "disconnected" ? status.message : problem;
        return (
          <li
            key={id}
            class={lit === id ? "jp-tracker-lit" : ""}
            onPointerEnter={() => onLit(id)}
            onPointerLeave={() => onLit(null)}
          >
            <label title={run === null ? id : trans.__("%1 / %2\nid %3", run.experiment, run.name, run.id)}>
              <input type="checkbox" checked={!hidden.has(id)} onChange={() => toggle(id)} />
              <svg viewBox="0 0 18 4" width="18" height="4" aria-hidden="true">
                <path
                  d="M0 2h18"
                  stroke-width="2.5"
                  style={{ stroke: colorOf(session) }}
                  stroke-dasharray={dashes[at]}
                />
              </svg>
              <span class="jp-tracker-legend-name">{nameOf(session)}</span>
            </label>
            {run !== null && <StateMark state={run.state} native={run.nativeState} />}
            {trouble !== null && (
              <span class="jp-tracker-error" title={trouble}>
                {trouble}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
