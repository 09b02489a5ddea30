import type { JSX } from "preact";
import { Fragment } from "preact";
import type { FieldData, Path, Written } from "../../core/form";
import type { FormSession } from "../../core/form-session";
import { trans } from "../../core/translate";
import { useUniqueId } from "../common/hooks";

interface Props {
  readonly session: FormSession;
  readonly field: FieldData;
  readonly path: Path;
}

/** A value: its name, where it is written, and what may stand there, or what is wrong with it. */
export function Field({ session, field, path }: Props): JSX.Element {
  const id = useUniqueId();
  if (field.kind === "object") {
    return (
      <fieldset class="jp-tracker-fields">
        <legend title={field.help}>{field.name}</legend>
        <Note session={session} field={field} path={path} id={`${id}-note`} />
        {field.fields.map((each) => (
          <Field key={each.name} session={session} field={each} path={[...path, each.name]} />
        ))}
      </fieldset>
    );
  }
  const label = (
    <>
      {field.name}
      {field.required && (
        <span class="jp-tracker-required" aria-hidden="true">
          {" "}
          *
        </span>
      )}
    </>
  );
  return (
    <div class="jp-tracker-field" data-path={path.join(".")}>
      {field.kind === "list" ? (
        <span class="jp-tracker-field-name" id={`${id}-label`} title={field.name}>
          {label}
        </span>
      ) : (
        <label class="jp-tracker-field-name" for={id} title={field.name}>
          {label}
        </label>
      )}
      {field.kind === "list" && field.item !== null ? (
        <Items session={session} field={field} path={path} id={id} item={field.item} />
      ) : (
        <Control session={session} field={field} path={path} id={id} />
      )}
      <Note session={session} field={field} path={path} id={`${id}-note`} />
    </div>
  );
}

interface ControlProps extends Props {
  readonly id: string;
  readonly label?: string;
}

function asText(written: Written | undefined): string {
  return typeof written === "string" ? written : "";
}

function Control({ session, field, path, id, label }: ControlProps): JSX.Element {
  const written = asText(session.value(path));
  const wrong = session.mistake(path, field) !== null;
  const common = {
    id,
    "aria-label": label,
    "aria-invalid": wrong,
    "aria-required": field.required,
    "aria-describedby": `${id}-note`,
    onBlur: () => session.leave(path),
  };
  const set = (value: string): void => session.set(path, value);
  if (field.kind === "boolean" && field.default !== "") {
    return (
      <input
        {...common}
        type="checkbox"
        checked={written === "true"}
        onChange={(event) => set(String(event.currentTarget.checked))}
      />
    );
  }
  if (field.kind === "choice" || field.kind === "boolean") {
    const choices =
      field.kind === "choice"
        ? field.choices.map((choice, place) => [String(place), choice] as const)
        : ([
            ["true", trans.__("yes")],
            ["false", trans.__("no")],
          ] as const);
    return (
      <select
        {...common}
        class="jp-tracker-select"
        value={written}
        onChange={(event) => set(event.currentTarget.value)}
      >
        <option value="">{field.required ? trans.__("choose …") : trans.__("not given")}</option>
        {choices.map(([value, choice]) => (
          <option key={value} value={value}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === "json") {
    return (
      <textarea
        {...common}
        class="jp-tracker-input jp-tracker-code"
        rows={Math.min(6, Math.max(1, written.split("\n").length))}
        spellcheck={false}
        value={written}
        placeholder={field.default}
        onInput={(event) => set(event.currentTarget.value)}
      />
    );
  }
  const numeric = field.kind === "number" || field.kind === "integer";
  return (
    <input
      {...common}
      class="jp-tracker-input"
      value={written}
      placeholder={field.default}
      // The browser's own number fields hide what they do not understand.
      inputMode={field.kind === "integer" ? "numeric" : numeric ? "decimal" : "text"}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => set(event.currentTarget.value)}
    />
  );
}

interface ItemsProps extends Props {
  readonly id: string;
  readonly item: FieldData;
}

/** A list: a line for each of its values. */
function Items({ session, field, path, id, item }: ItemsProps): JSX.Element {
  const written = session.value(path);
  const items: readonly Written[] = Array.isArray(written) ? (written as readonly Written[]) : [];
  const focus = (place: number): void => {
    requestAnimationFrame(() => document.getElementById(`${id}-${place}`)?.focus());
  };
  return (
    <span class="jp-tracker-items" role="group" aria-labelledby={`${id}-label`} id={id}>
      {items.map((_, place) => (
        <span key={place} class="jp-tracker-item">
          <Control
            session={session}
            field={item}
            path={[...path, place]}
            id={`${id}-${place}`}
            label={`${field.name} ${place + 1}`}
          />
          <button
            type="button"
            class="jp-tracker-quiet"
            aria-label={trans.__("Remove %1 %2", field.name, place + 1)}
            title={trans.__("Remove")}
            onClick={() => {
              session.set(
                path,
                items.filter((__, other) => other !== place),
              );
              focus(Math.max(0, place - 1));
            }}
          >
            ✕
          </button>
          <ItemMistake session={session} item={item} path={[...path, place]} id={`${id}-${place}-note`} />
        </span>
      ))}
      <button
        type="button"
        class="jp-tracker-button"
        aria-label={trans.__("Add to %1", field.name)}
        onClick={() => {
          session.set([...path, items.length], "");
          focus(items.length);
        }}
      >
        {trans.__("Add")}
      </button>
    </span>
  );
}

function ItemMistake({
  session,
  item,
  path,
  id,
}: {
  session: FormSession;
  item: FieldData;
  path: Path;
  id: string;
}): JSX.Element {
  const mistake = session.mistake(path, item);
  return (
    <span id={id} class={mistake === null ? "" : "jp-tracker-error"}>
      {mistake}
    </span>
  );
}

/** What is wrong stands where the help was, so that nothing moves. */
function Note({ session, field, path, id }: Props & { id: string }): JSX.Element {
  const mistake = session.mistake(path, field);
  const parts = [field.help, field.hint].filter((part) => part !== "");
  return (
    <span
      id={id}
      class={`jp-tracker-field-note${mistake === null ? "" : " jp-tracker-error"}`}
      title={parts.length === 0 ? undefined : parts.join("; ")}
    >
      {mistake === null ? (
        // Each by itself: text that runs from right to left must not turn the other around.
        parts.map((part, place) => (
          <Fragment key={part}>
            {place > 0 && "; "}
            <bdi>{part}</bdi>
          </Fragment>
        ))
      ) : (
        <bdi>{mistake}</bdi>
      )}
    </span>
  );
}
