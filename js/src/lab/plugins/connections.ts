/** Connections: add, test, edit and remove them. A secret goes to the server and is never read back. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Dialog, ICommandPalette, Notification, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { errorText } from "../../core/host";
import { text } from "../../core/parse";
import type { TrackerService } from "../service";
import { ITracker } from "../service";
import { tellError } from "../tell";

export const KEEP = "jupyter-tracker:connections.keep";
export const TEST = "jupyter-tracker:connections.test";
export const REMOVE = "jupyter-tracker:connections.remove";

interface Entry {
  readonly name: string;
  readonly address: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The fields of a connection. Secrets are empty at first; one that stays empty stays as it was. */
class Form extends Widget implements Dialog.IBodyWidget<Entry> {
  private readonly inputs = new Map<string, HTMLInputElement>();

  constructor(
    trans: TranslationBundle,
    known: { name: string; address: string },
    backends: readonly string[],
  ) {
    super();
    this.addClass("jp-tracker-connection-form");
    this.addField("name", trans.__("Name"), known.name, "text").readOnly = known.name !== "";
    const address = this.addField("address", trans.__("Address"), known.address, "text");
    address.placeholder = "mlflow+https://tracking.example";
    this.addNote(trans.__("Begins with one of: %1. No password belongs into it.", backends.join(", ")));
    this.addField("token", trans.__("Token"), "", "password");
    this.addField("password", trans.__("Password"), "", "password");
    this.addField("client_id", trans.__("Client id"), "", "text");
    this.addField("client_secret", trans.__("Client secret"), "", "password");
    this.addNote(
      trans.__(
        "Only what the platform asks for. It goes to the keyring of the server or a private file, and is not shown again.",
      ),
    );
  }

  getValue(): Entry {
    const value = (name: string): string => this.inputs.get(name)?.value.trim() ?? "";
    const secrets = ["token", "password", "client_id", "client_secret"].flatMap((name) =>
      value(name) === "" ? [] : [[name, value(name)] as const],
    );
    return { name: value("name"), address: value("address"), secrets: Object.fromEntries(secrets) };
  }

  private addField(name: string, label: string, value: string, type: string): HTMLInputElement {
    const row = document.createElement("label");
    const words = document.createElement("span");
    words.textContent = label;
    const input = document.createElement("input");
    Object.assign(input, { type, value, autocomplete: "off", spellcheck: false });
    input.className = "jp-mod-styled";
    row.append(words, input);
    this.node.append(row);
    this.inputs.set(name, input);
    return input;
  }

  private addNote(words: string): void {
    const note = document.createElement("p");
    note.textContent = words;
    this.node.append(note);
  }
}

async function keep(service: TrackerService, trans: TranslationBundle, name: string): Promise<void> {
  let known = service.model.connections?.find((each) => each.name === name) ?? { name: "", address: "" };
  for (;;) {
    const body = new Form(trans, known, service.backends);
    const title = name === "" ? trans.__("Add a connection") : trans.__("Edit the connection %1", name);
    const buttons = [Dialog.cancelButton(), Dialog.okButton({ label: trans.__("Save and test") })];
    const { button, value } = await showDialog({
      title,
      body,
      buttons,
      focusNodeSelector: "input:not([readonly])",
    });
    if (!button.accept || value === null) {
      return;
    }
    try {
      await service.ask("connections.keep", { ...value });
    } catch (error) {
      tellError(error);
      known = { name: value.name, address: value.address }; // what was typed, but no secret
      continue;
    }
    service.model.forget(value.name);
    await service.loadConnections();
    service.model.toggle(value.name, true);
    service.link.close(); // whoever follows it begins anew
    await test(service, trans, value.name);
    return;
  }
}

async function test(service: TrackerService, trans: TranslationBundle, name: string): Promise<void> {
  try {
    const found = await service.ask("connections.test", { name });
    const words = trans._n(
      "%2 answers: %1 experiment at %3.",
      "%2 answers: %1 experiments at %3.",
      Number(found.experiments),
      name,
      text(found.location),
    );
    Notification.success(words, { autoClose: 5000 });
  } catch (error) {
    tellError(trans.__("%1 does not work: %2", name, errorText(error)));
  }
}

async function remove(service: TrackerService, trans: TranslationBundle, name: string): Promise<void> {
  const { button } = await showDialog({
    title: trans.__("Remove the connection %1?", name),
    body: trans.__(
      "Its address and the credentials kept for it are forgotten. Its runs stay where they are.",
    ),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__("Remove") })],
  });
  if (button.accept) {
    await service.ask("connections.remove", { name });
    service.model.forget(name);
    await service.loadConnections();
  }
}

export const connections: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:connections",
  description: "Adds, tests, edits and removes connections.",
  autoStart: true,
  requires: [ITracker],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    service: TrackerService,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    app.commands.addCommand(KEEP, {
      label: ({ name }) => (name === undefined ? trans.__("Add a connection") : trans.__("Edit connection")),
      execute: ({ name }) => keep(service, trans, text(name)).catch(tellError),
    });
    app.commands.addCommand(TEST, {
      label: trans.__("Test connection"),
      execute: ({ name }) => test(service, trans, text(name)),
    });
    app.commands.addCommand(REMOVE, {
      label: trans.__("Remove connection"),
      execute: ({ name }) => remove(service, trans, text(name)).catch(tellError),
    });
    palette?.addItem({ command: KEEP, category: trans.__("Training runs") });
  },
};
