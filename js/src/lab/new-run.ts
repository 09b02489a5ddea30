/** What a new run is made from, and the fields in which a person says so. */

import type { Dialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { Params } from "../core/host";
import { HostError } from "../core/host";
import { isFields } from "../core/parse";

export interface NewRun {
  readonly connection: string;
  /** As JupyterLab calls the file; empty where a template is chosen. */
  readonly path: string;
  readonly template: string;
  readonly experiment: string;
  readonly name: string;
  /** JSON, as it was written. */
  readonly params: string;
}

/** What is proposed for a file. */
export function startOf(connection: string, path: string): NewRun {
  const experiment = /([^/]+?)(\.[^./]*)?$/.exec(path)?.[1] ?? "";
  return { connection, path, template: "", experiment, name: "", params: "{}" };
}

/** What the server is asked for. Throws a {@link HostError} that says which field is wrong. */
export function requestOf(
  run: NewRun,
  absolute: (path: string) => string,
  trans: TranslationBundle,
): { readonly op: string; readonly params: Params } {
  let params: unknown;
  try {
    params = JSON.parse(run.params.trim() || "{}");
  } catch {
    params = null;
  }
  if (!isFields(params) || Array.isArray(params)) {
    throw new HostError(
      "InvalidInput",
      trans.__('The params must be JSON like {"lr": 0.1, "layers": [64, 32]}.'),
    );
  }
  if (run.experiment.trim() === "") {
    throw new HostError("InvalidInput", trans.__("The run needs the name of an experiment."));
  }
  const shared = { experiment: run.experiment.trim(), name: run.name.trim(), params };
  if (run.template !== "") {
    return { op: "templates.submit", params: { ...shared, template: run.template } };
  }
  if (run.path.trim() === "") {
    throw new HostError("InvalidInput", trans.__("Give the path of a script, notebook or folder."));
  }
  return { op: "runs.submit", params: { ...shared, path: absolute(run.path.trim()) } };
}

export class NewRunForm extends Widget implements Dialog.IBodyWidget<NewRun> {
  private readonly given: NewRun;
  private readonly fields = new Map<
    keyof NewRun,
    HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement
  >();

  constructor(trans: TranslationBundle, given: NewRun, templates: readonly string[]) {
    super();
    this.given = given;
    this.addClass("jp-tracker-fields");
    const path = document.createElement("input");
    path.placeholder = trans.__("train.py, a notebook, or a folder");
    this.add("path", trans.__("Code"), path);
    if (templates.length > 0) {
      const choice = document.createElement("select");
      choice.append(new Option(trans.__("the code above"), ""));
      choice.append(...templates.map((label) => new Option(label, label)));
      this.add("template", trans.__("Template"), choice);
    }
    this.add("experiment", trans.__("Experiment"), document.createElement("input"));
    const name = document.createElement("input");
    name.placeholder = trans.__("as the code is called");
    this.add("name", trans.__("Name"), name);
    const params = document.createElement("textarea");
    params.rows = 4;
    this.add("params", trans.__("Params (JSON)"), params);
  }

  getValue(): NewRun {
    const values = Array.from(this.fields, ([name, field]) => [name, field.value]);
    return { ...this.given, ...(Object.fromEntries(values) as Partial<NewRun>) };
  }

  private add(
    name: keyof NewRun,
    label: string,
    field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
  ): void {
    const row = document.createElement("label");
    const words = document.createElement("span");
    words.textContent = label;
    field.value = this.given[name];
    field.className = "jp-mod-styled";
    field.spellcheck = false;
    row.append(words, field);
    this.node.append(row);
    this.fields.set(name, field);
  }
}
