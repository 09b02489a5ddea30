import type { ComponentProps, JSX } from "preact";
import { useRef } from "preact/hooks";
import type { TableSession } from "../../core/table-session";
import { trans } from "../../core/translate";
import { Part } from "../common/part";
import type { SelectedCurves } from "../run-curves/selected-curves";

/** As many runs as can be told apart are drawn. */
const MOST_DRAWN = 12;
/** Runs that are drawn while none is selected. */
const AT_FIRST = 5;
const HEIGHT = 238;

/** The curves above the table: of the selected runs, or else of its first ones, so that their place is never empty
 *  and the table stays where it is when something is selected. */
export function Drawings({ session }: { session: TableSession }): JSX.Element | null {
  const selected = [...session.selected];
  const first = useFirst(session);
  const runs = selected.length > 0 ? selected.slice(0, MOST_DRAWN) : first;
  if (!session.settings.view.curves || (session.rows.count === 0 && runs.length === 0)) {
    return null;
  }
  return (
    <section class="jp-tracker-drawings" aria-label={trans.__("Curves of the runs")}>
      <p class="jp-tracker-drawn">
        <small>{caption(selected.length, runs.length)}</small>
      </p>
      <div style={{ minHeight: `${HEIGHT}px` }}>
        <Part<ComponentProps<typeof SelectedCurves>>
          host={session.host}
          chunk="run-curves"
          name="SelectedCurves"
          props={{ host: session.host, runs }}
          height={HEIGHT}
        />
      </div>
    </section>
  );
}

/** The runs of the first rows; while these are asked for, those that they were before. */
function useFirst({ rows }: TableSession): readonly string[] {
  const known = useRef<readonly string[]>([]);
  const count = Math.min(AT_FIRST, rows.count ?? 0);
  const found = Array.from({ length: count }, (_, place) => rows.at(place)?.id);
  if (rows.count !== null && found.every((id) => id !== undefined)) {
    known.current = found;
  }
  return known.current;
}

function caption(selected: number, drawn: number): string {
  if (selected > drawn) {
    return trans.__("The first %1 of %2 selected runs", drawn, selected.toLocaleString());
  }
  if (selected > 0) {
    return trans._n("The selected run", "The %1 selected runs", selected);
  }
  return drawn === 0
    ? ""
    : trans._n(
        "The first run; select others to see theirs",
        "The first %1 runs; select others to see theirs",
        drawn,
      );
}
