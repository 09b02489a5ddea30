import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { selectedRows } from "../../core/table-selection";
import type { TableSession } from "../../core/table-session";
import { hasEnded } from "../../core/wire";
import { trans } from "../../core/translate";
import type { Notice, Verb } from "./notices";
import { carryOut, runCount } from "./notices";

interface Props {
  readonly session: TableSession;
  readonly onNotice: (notice: Notice) => void;
  readonly onCopy: () => void;
}

type Asking =
  null | { readonly kind: "tag" } | { readonly kind: "stop"; readonly ids: string[]; readonly names: string };

const NAMED = 3;

/** What can be done with the selected runs. */
export function BulkBar({ session, onNotice, onCopy }: Props): JSX.Element {
  const [asking, setAsking] = useState<Asking>(null);
  const [busy, setBusy] = useState(false);
  const { lifecycle } = session.settings;
  const ids = [...session.selected];

  const act = async (
    verb: Verb,
    runs: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> => {
    setAsking(null);
    setBusy(true);
    const notice = await carryOut(session, verb, runs, more);
    if (verb !== "runs.stop" && verb !== "runs.set_tags" && !notice.bad) {
      session.select([]);
    }
    setBusy(false);
    onNotice(notice);
  };
  /** Stopping cannot be taken back, so it asks, and names what will be stopped. */
  const askToStop = async (): Promise<void> => {
    const rows = await selectedRows(session).catch(() => []);
    const live = rows.filter(({ state }) => !hasEnded(state));
    if (live.length === 0) {
      onNotice({ text: trans.__("None of the selected runs is active."), bad: false, undo: null });
      return;
    }
    const names = live.slice(0, NAMED).map(({ name }) => name);
    const rest = live.length - names.length;
    setAsking({
      kind: "stop",
      ids: live.map(({ id }) => id),
      names:
        rest > 0 ? trans.__("%1 and %2 more", names.join(", "), rest.toLocaleString()) : names.join(", "),
    });
  };
  const button = (label: string, onClick: () => void, title?: string): JSX.Element => (
    <button type="button" class="jp-tracker-button" disabled={busy} title={title} onClick={onClick}>
      {label}
    </button>
  );

  if (asking?.kind === "stop") {
    return (
      <span class="jp-tracker-bulk" role="group" aria-label={trans.__("Stop runs")}>
        <span>{trans.__("Stop %1: %2?", runCount(asking.ids.length), asking.names)}</span>
        {button(trans.__("Stop"), () => void act("runs.stop", asking.ids))}
        {button(trans.__("Let them run"), () => setAsking(null))}
      </span>
    );
  }
  if (asking?.kind === "tag") {
    return (
      <TagForm onCancel={() => setAsking(null)} onTag={(tags) => void act("runs.set_tags", ids, { tags })} />
    );
  }
  return (
    <span class="jp-tracker-bulk" role="group" aria-label={trans.__("Selected runs")}>
      <b>{trans.__("%1 selected", ids.length.toLocaleString())}</b>
      {lifecycle === "active" && button(trans.__("Stop"), () => void askToStop())}
      {button(trans.__("Tag"), () => setAsking({ kind: "tag" }))}
      {lifecycle === "active" && button(trans.__("Archive"), () => void act("runs.archive", ids))}
      {lifecycle !== "active" && button(trans.__("Restore"), () => void act("runs.restore", ids))}
      {lifecycle !== "deleted" && button(trans.__("Delete"), () => void act("runs.delete", ids))}
      {button(trans.__("Copy"), onCopy, trans.__("As a table for a spreadsheet (Ctrl+C)"))}
      {button(trans.__("Clear"), () => session.select([]), trans.__("Select nothing (Esc)"))}
    </span>
  );
}

interface TagProps {
  readonly onTag: (tags: Readonly<Record<string, string | null>>) => void;
  readonly onCancel: () => void;
}

function TagForm({ onTag, onCancel }: TagProps): JSX.Element {
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  return (
    <form
      class="jp-tracker-bulk"
      aria-label={trans.__("Tag the selected runs")}
      data-lm-suppress-shortcuts="true"
      onSubmit={(event) => {
        event.preventDefault();
        // A tag without a value goes.
        onTag({ [name.trim()]: value === "" ? null : value });
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") {
          onCancel();
        }
      }}
    >
      <input
        class="jp-tracker-input jp-tracker-tag"
        placeholder={trans.__("Tag")}
        aria-label={trans.__("Name of the tag")}
        ref={(field) => {
          if (field !== null && name === "" && document.activeElement !== field.nextElementSibling) {
            field.focus();
          }
        }}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <input
        class="jp-tracker-input jp-tracker-tag"
        placeholder={trans.__("Value")}
        aria-label={trans.__("Value of the tag; empty removes it")}
        title={trans.__("Empty: the tag is removed")}
        value={value}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <button type="submit" class="jp-tracker-button" disabled={name.trim() === ""}>
        {value === "" ? trans.__("Remove tag") : trans.__("Set tag")}
      </button>
      <button type="button" class="jp-tracker-button" onClick={onCancel}>
        {trans.__("Cancel")}
      </button>
    </form>
  );
}
