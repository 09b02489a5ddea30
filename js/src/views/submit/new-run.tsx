/** A new run from the start: what it is of, where it runs, and the form of that. */

import type { JSX } from "preact";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { FormHost } from "../../core/form-host";
import { formOf } from "../../core/form-session";
import type { Host } from "../../core/host";
import { isFields, list, text } from "../../core/parse";
import { trans } from "../../core/translate";
import { useUniqueId } from "../common/hooks";
import { SubmitForm } from "./submit-form";
import "../common/common.css";
import "../run-panel/run-panel.css";
import "../details/details.css";
import "./submit.css";

export interface Start {
  readonly connection: string;
  /** The path of a script, notebook or folder, or the name of a template; empty while nobody has said. */
  readonly code: string;
}

export interface NewRunOptions {
  readonly start: Start;
  readonly connections: readonly string[];
  /** Files that are proposed. */
  readonly files: readonly string[];
  readonly hostOf: (connection: string) => Host;
  /** A path on the machine of the host. */
  readonly absolute: (path: string) => string;
  readonly onStart: (start: Start) => void;
  readonly onSubmitted: (connection: string, run: { readonly id: string; readonly name: string }) => void;
}

/** What can be chosen by its name; a platform without templates has none. */
function useTemplates(host: Host): readonly string[] {
  const [templates, setTemplates] = useState<readonly string[]>([]);
  useEffect(() => {
    let current = true;
    setTemplates([]);
    host.call("templates.list", {}).then(
      ({ result }) => {
        if (current) {
          setTemplates(list(isFields(result) ? result.templates : null).map((label) => text(label)));
        }
      },
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [host]);
  return templates;
}

function FormOf({ options, start }: { options: NewRunOptions; start: Start }): JSX.Element {
  const { connection, code } = start;
  const session = useMemo(() => {
    const named = { path: options.absolute(code), template: code };
    return formOf(new FormHost(options.hostOf(connection), named));
  }, [connection, code]);
  useEffect(
    () =>
      session.subscribe(() => {
        if (session.run !== "") {
          options.onSubmitted(connection, { id: session.run, name: session.name });
        }
      }),
    [session],
  );
  return <SubmitForm session={session} />;
}

function NewRun({ options }: { options: NewRunOptions }): JSX.Element {
  const [start, setStart] = useState(options.start);
  const id = useUniqueId();
  const templates = useTemplates(options.hostOf(start.connection));
  const proposed = [...templates, ...options.files];
  const begin = (changes: Partial<Start>): void => {
    const next = { ...start, ...changes };
    if (next.code !== start.code || next.connection !== start.connection) {
      setStart(next);
      options.onStart(next);
    }
  };
  return (
    <>
      <div class="jp-tracker-submit-start" data-lm-suppress-shortcuts="true">
        <label>
          <span>{trans.__("Code or template")}</span>
          <input
            class="jp-tracker-input"
            list={`${id}-proposed`}
            placeholder={trans.__("train.py, a notebook, a folder, or a template")}
            autocomplete="off"
            spellcheck={false}
            value={start.code}
            onInput={({ currentTarget: { value } }) => proposed.includes(value) && begin({ code: value })}
            onChange={(event) => begin({ code: event.currentTarget.value.trim() })}
            onKeyDown={(event) => {
              // JupyterLab keeps Enter from the field.
              if (event.key === "Enter") {
                begin({ code: event.currentTarget.value.trim() });
              }
            }}
          />
          <datalist id={`${id}-proposed`}>
            {proposed.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </label>
        {options.connections.length > 1 && (
          <label>
            <span>{trans.__("Connection")}</span>
            <select
              class="jp-tracker-select"
              value={start.connection}
              onChange={(event) => begin({ connection: event.currentTarget.value })}
            >
              {options.connections.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {start.code === "" ? (
        <p class="jp-tracker-field-note">
          {trans.__("Name what is to run, and its form comes here: params, resources and variables.")}
        </p>
      ) : (
        <FormOf key={`${start.connection}\n${start.code}`} options={options} start={start} />
      )}
    </>
  );
}

export function mountNewRun(el: HTMLElement, options: NewRunOptions): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-run-panel jp-tracker-submit";
  el.append(root);
  render(<NewRun options={options} />, root);
  // Whoever asked for a new run writes next.
  root.querySelector<HTMLElement>("input")?.focus({ preventScroll: true });
  return () => {
    render(null, root);
    root.remove();
  };
}
