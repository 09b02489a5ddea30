import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Column } from "../../core/compare";
import { trans } from "../../core/translate";

interface Props {
  readonly columns: readonly Column[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

const MOST = 200;

/** Which columns are shown. */
export function ColumnChoice({ columns, chosen, onChange }: Props): JSX.Element {
  const [filter, setFilter] = useState("");
  const found = columns.filter(({ label }) => label.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <details class="jp-tracker-column-choice">
      <summary class="jp-tracker-button">{trans.__("Columns (%1)", chosen.length)}</summary>
      <div role="group" aria-label={trans.__("Columns")}>
        {columns.length > 12 && (
          <input
            type="search"
            class="jp-tracker-input"
            placeholder={trans.__("Filter columns")}
            aria-label={trans.__("Filter columns")}
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        )}
        {found.slice(0, MOST).map(({ id, label, varies }) => (
          <label key={id} title={varies ? label : trans.__("%1: the same in all runs", label)}>
            <input
              type="checkbox"
              checked={chosen.includes(id)}
              onChange={(event) =>
                onChange(event.currentTarget.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
              }
            />
            {label}
          </label>
        ))}
      </div>
    </details>
  );
}
