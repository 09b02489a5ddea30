import type { ComponentChildren, JSX } from "preact";
import { useEffect, useReducer, useRef } from "preact/hooks";
import type { FieldGroup } from "../../core/form";
import type { FormSession } from "../../core/form-session";
import { trans } from "../../core/translate";
import { Field } from "./field";
import { Variables } from "./variables";

/** What groups are called; those with a true are open from the start. */
const groups = (): Readonly<Record<string, readonly [title: string, open: boolean]>> => ({
  run: [trans.__("Run"), true],
  params: [trans.__("Params"), true],
  resources: [trans.__("Resources"), false],
  variables: [trans.__("Variables"), false],
  schedule: [trans.__("Time and retries"), false],
});

export function SubmitForm({ session }: { session: FormSession }): JSX.Element {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const root = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (session.form === null) {
      void session.load();
    }
    redraw(undefined);
    return session.subscribe(() => redraw(undefined));
  }, [session]);
  const { form, mistakes, problem, busy } = session;
  const attempts = mistakes.length > 0 && !busy;
  useEffect(() => {
    if (attempts) {
      root.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    }
  }, [attempts]);

  if (form === null) {
    return problem === null ? (
      <div class="jp-tracker-submit-bone" role="status" aria-label={trans.__("Loading the form")} />
    ) : (
      <p class="jp-tracker-error" role="alert">
        {trans.__("The form did not come:")} {problem}{" "}
        <button type="button" class="jp-tracker-link" onClick={() => void session.load()}>
          {trans.__("Try again")}
        </button>
      </p>
    );
  }
  const wrongIn = (name: string): boolean => mistakes.some(([path]) => path.startsWith(name));
  const group = ({ name, fields }: FieldGroup): JSX.Element => (
    <Group key={name} name={name} wrong={wrongIn(name)}>
      {name === "params" && fields.length === 0 && (
        <p class="jp-tracker-field-note">{trans.__("It takes no params.")}</p>
      )}
      {fields.map((field) => (
        <Field key={field.name} session={session} field={field} path={[name, field.name]} />
      ))}
    </Group>
  );
  const shown = form.groups.filter(({ name }) => name !== "schedule");
  const schedule = form.groups.filter(({ name }) => name === "schedule");
  const apart = mistakes.filter(([path]) => !isBeside(form.groups, path));
  return (
    <form
      ref={root}
      class="jp-tracker-submit-form"
      aria-label={trans.__("Submit %1", form.label)}
      // The browser's own bubbles know no rules but the simplest.
      noValidate
      data-lm-suppress-shortcuts="true"
      onSubmit={(event) => {
        event.preventDefault();
        void session.submit();
      }}
      onKeyDown={(event) => {
        // JupyterLab keeps Enter from the form.
        if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
          event.preventDefault();
          event.stopPropagation();
          void session.submit();
        }
      }}
    >
      <header class="jp-tracker-submit-head">
        <b>{form.label}</b> <small>{form.kind}</small>
        {form.description !== "" && <p>{form.description}</p>}
      </header>
      {shown.map(group)}
      <Group name="variables" wrong={wrongIn("variables")}>
        <Variables session={session} />
      </Group>
      {schedule.map(group)}
      <div class="jp-tracker-submit-end">
        <button type="submit" class="jp-tracker-button jp-tracker-primary" disabled={busy}>
          {busy ? trans.__("Submitting …") : trans.__("Submit")}
        </button>
        <span role="status" class={mistakes.length > 0 ? "jp-tracker-error" : ""}>
          {mistakes.length > 0 && trans._n("1 mistake", "%1 mistakes", mistakes.length)}
        </span>
      </div>
      {apart.map(([path, message]) => (
        <p key={path} class="jp-tracker-error">
          {path}: {message}
        </p>
      ))}
      {problem !== null && (
        <p class="jp-tracker-error" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** Whether a mistake stands beside a field; the others are told at the end. */
function isBeside(groups: readonly FieldGroup[], path: string): boolean {
  if (/^variables\[\d+\]$/.test(path)) {
    return true;
  }
  const known = (fields: FieldGroup["fields"], before: string): boolean =>
    fields.some((field) => {
      const own = `${before}.${field.name}`;
      return (
        path === own ||
        (field.kind === "list" && path.startsWith(`${own}[`)) ||
        (field.kind === "object" && known(field.fields, own))
      );
    });
  return groups.some(({ name, fields }) => known(fields, name));
}

interface GroupProps {
  readonly name: string;
  /** Something in it is wrong, so it must be seen. */
  readonly wrong: boolean;
  readonly children: ComponentChildren;
}

function Group({ name, wrong, children }: GroupProps): JSX.Element {
  const details = useRef<HTMLDetailsElement>(null);
  const [title, open] = groups()[name] ?? [name, true];
  useEffect(() => {
    if (details.current !== null && (open || wrong)) {
      details.current.open = true;
    }
  }, [wrong]);
  return (
    <details ref={details} class="jp-tracker-form-group" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
