import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { AGGREGATES, ATTRIBUTES, columnId, columnLabel, aggregateWord } from "../../core/columns";
import type { Column } from "../../core/columns";
import type { TableSession } from "../../core/table-session";
import type { FieldInfo } from "../../core/table-wire";
import { trans } from "../../core/translate";
import { moveColumn } from "./column-layout";
import { setColumns, togglePin } from "./header-row";

/** Of very many fields only those that fit the search are listed. */
const MOST = 200;

interface Props {
  readonly session: TableSession;
  readonly onClose: () => void;
}

/** Which columns there are, in which order, which of them stay at the left. */
export function ColumnChooser({ session, onClose }: Props): JSX.Element {
  const [search, setSearch] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const columns = session.columns();
  const ids = columns.map(({ id }) => id);
  const wanted = search.trim().toLowerCase();
  const fits = (text: string): boolean => text.toLowerCase().includes(wanted);
  const fields = session.fields.filter(({ scope, name }) => fits(`${scope}.${name}`));
  const attributes = Object.keys(ATTRIBUTES).filter(fits);

  const toggle = (id: string): void => {
    setColumns(session, ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]);
  };

  return (
    <section
      class="jp-tracker-chooser"
      role="dialog"
      aria-label={trans.__("Columns")}
      data-lm-suppress-shortcuts="true"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <div class="jp-tracker-chooser-side">
        <h4>{trans.__("Shown, from left to right")}</h4>
        <ol class="jp-tracker-chooser-list">
          {columns.map((column, index) => (
            <Shown key={column.id} session={session} column={column} index={index} ids={ids} />
          ))}
        </ol>
        <button
          type="button"
          class="jp-tracker-button"
          title={trans.__("The params in which the runs differ, and the first metrics")}
          onClick={() => setColumns(session, [])}
        >
          {trans.__("Choose automatically")}
        </button>{" "}
        <button type="button" class="jp-tracker-button" onClick={onClose}>
          {trans.__("Close")}
        </button>
      </div>
      <div class="jp-tracker-chooser-side">
        <input
          ref={input}
          type="search"
          class="jp-tracker-input"
          placeholder={trans.__("Search params, metrics, tags")}
          aria-label={trans.__("Search columns")}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <ul class="jp-tracker-chooser-list">
          {attributes.map((name) => (
            <li key={name}>
              <Choice label={name} checked={ids.includes(name)} onChange={() => toggle(name)} />
            </li>
          ))}
          {fields.slice(0, MOST).map((field) => (
            <Field key={`${field.scope}.${field.name}`} field={field} ids={ids} onToggle={toggle} />
          ))}
        </ul>
        {fields.length > MOST && (
          <small>{trans.__("and %1 more: search for them", (fields.length - MOST).toLocaleString())}</small>
        )}
        {fields.length + attributes.length === 0 && (
          <p class="jp-tracker-empty">{trans.__("Nothing contains “%1”.", search.trim())}</p>
        )}
      </div>
    </section>
  );
}

function Shown(props: {
  session: TableSession;
  column: Column;
  index: number;
  ids: readonly string[];
}): JSX.Element {
  const { session, column, index, ids } = props;
  const { id } = column;
  const pinned = session.settings.view.pinned.includes(id);
  const move = (by: number) => () => setColumns(session, moveColumn(ids, id, index + by));
  return (
    <li>
      <span class="jp-tracker-grow" title={id}>
        {column.scope === "spark" ? trans.__("curve of %1", column.name) : columnLabel(column)}
      </span>
      <Small label={trans.__("Move %1 left", id)} sign="↑" disabled={index === 0} onClick={move(-1)} />
      <Small
        label={trans.__("Move %1 right", id)}
        sign="↓"
        disabled={index === ids.length - 1}
        onClick={move(1)}
      />
      <Small
        label={trans.__("Keep %1 at the left", id)}
        sign={trans.__("pin")}
        pressed={pinned}
        onClick={() => togglePin(session, id)}
      />
      <Small
        label={trans.__("Hide %1", id)}
        sign="✕"
        onClick={() =>
          setColumns(
            session,
            ids.filter((one) => one !== id),
          )
        }
      />
    </li>
  );
}

interface SmallProps {
  readonly label: string;
  readonly sign: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly onClick: () => void;
}

function Small({ label, sign, disabled, pressed, onClick }: SmallProps): JSX.Element {
  return (
    <button
      type="button"
      class="jp-tracker-quiet"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      {sign}
    </button>
  );
}

/** A metric has a column for each of its numbers, and one for its curve. */
function Field(props: {
  field: FieldInfo;
  ids: readonly string[];
  onToggle: (id: string) => void;
}): JSX.Element {
  const { field, ids, onToggle } = props;
  const id = columnId(field.scope, field.name);
  const more =
    field.scope === "metrics"
      ? [
          ...AGGREGATES.filter((aggregate) => aggregate !== "last").map(
            (aggregate) => [aggregateWord(aggregate), columnId("metrics", field.name, aggregate)] as const,
          ),
          [trans.__("curve"), columnId("spark", field.name)] as const,
        ]
      : [];
  return (
    <li>
      <Choice
        label={`${field.scope}.${field.name}`}
        checked={ids.includes(id)}
        onChange={() => onToggle(id)}
      />
      {!field.varies && (
        <small title={trans.__("The runs do not differ in it")}>{trans.__("same in all")}</small>
      )}
      {more.map(([word, own]) => (
        <button
          key={own}
          type="button"
          class="jp-tracker-quiet"
          aria-pressed={ids.includes(own)}
          aria-label={trans.__("Column %1", own)}
          onClick={() => onToggle(own)}
        >
          {word}
        </button>
      ))}
    </li>
  );
}

function Choice(props: { label: string; checked: boolean; onChange: () => void }): JSX.Element {
  return (
    <label class="jp-tracker-grow" title={props.label}>
      <input type="checkbox" checked={props.checked} onChange={props.onChange} /> {props.label}
    </label>
  );
}
