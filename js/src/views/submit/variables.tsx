import type { JSX } from "preact";
import type { Variable } from "../../core/form";
import type { FormSession } from "../../core/form-session";
import { trans } from "../../core/translate";
import { useUniqueId } from "../common/hooks";

/** Environment variables of the run. Their values go to the host and nowhere else. */
export function Variables({ session }: { session: FormSession }): JSX.Element {
  const id = useUniqueId();
  const { variables } = session;
  const change = (place: number, more: Partial<Variable>): void =>
    session.setVariables(
      variables.map((each, other) => (other === place ? { ...each, ...more } : each)),
      place,
    );
  const focus = (place: number): void => {
    requestAnimationFrame(() => document.getElementById(`${id}-${place}`)?.focus());
  };
  return (
    <>
      <p class="jp-tracker-field-note">
        {trans.__(
          "Environment variables of this run, in front of those of the experiment and the store; their values are not recorded.",
        )}
      </p>
      {variables.map((each, place) => {
        const mistake = session.mistake(["variables", place], null);
        const named = each.name === "" ? trans.__("variable %1", place + 1) : each.name;
        return (
          <div key={place} class="jp-tracker-variable">
            <input
              id={`${id}-${place}`}
              class="jp-tracker-input"
              aria-label={trans.__("Name of %1", named)}
              aria-invalid={mistake !== null}
              aria-describedby={`${id}-${place}-note`}
              placeholder={trans.__("NAME")}
              autocomplete="off"
              spellcheck={false}
              value={each.name}
              onInput={(event) => change(place, { name: event.currentTarget.value })}
            />
            <input
              class="jp-tracker-input"
              type={each.secret ? "password" : "text"}
              aria-label={trans.__("Value of %1", named)}
              placeholder={trans.__("value")}
              autocomplete={each.secret ? "new-password" : "off"}
              spellcheck={false}
              value={each.value}
              onInput={(event) => change(place, { value: event.currentTarget.value })}
            />
            <label title={trans.__("It is masked in the log, too")}>
              <input
                type="checkbox"
                checked={each.secret}
                onChange={(event) => change(place, { secret: event.currentTarget.checked })}
              />{" "}
              {trans.__("secret")}
            </label>
            <button
              type="button"
              class="jp-tracker-quiet"
              aria-label={trans.__("Remove %1", named)}
              title={trans.__("Remove")}
              onClick={() => {
                session.setVariables(
                  variables.filter((_, other) => other !== place),
                  place,
                );
                focus(Math.max(0, place - 1));
              }}
            >
              ✕
            </button>
            <span id={`${id}-${place}-note`} class={mistake === null ? "" : "jp-tracker-error"}>
              {mistake}
            </span>
          </div>
        );
      })}
      <button
        type="button"
        class="jp-tracker-button"
        onClick={() => {
          session.setVariables([...variables, { name: "", value: "", secret: false }], variables.length);
          focus(variables.length);
        }}
      >
        {trans.__("Add a variable")}
      </button>
    </>
  );
}
