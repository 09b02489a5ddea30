import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatParam } from "../../core/format";
import { errorText } from "../../core/host";
import type { RunSession } from "../../core/session";
import type { RunData } from "../../core/wire";
import { trans } from "../../core/translate";

interface Props {
  readonly session: RunSession;
  readonly run: RunData;
  readonly onDone: (made: RunData | null) => void;
}

/** JSON where it is JSON, otherwise the text as it stands. */
function valueOf(written: string): unknown {
  try {
    return JSON.parse(written) as unknown;
  } catch {
    return written;
  }
}

function writtenOf(value: unknown): string {
  // A text that reads like another kind of value keeps its quotes.
  return typeof value === "string" && typeof valueOf(value) === "string" ? value : JSON.stringify(value);
}

/** The same code once more, with other params. */
export function CloneForm({ session, run, onDone }: Props): JSX.Element {
  const [name, setName] = useState(run.name);
  const [written, setWritten] = useState<Readonly<Record<string, string>>>({});
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const changed = Object.entries(written).filter(([key, value]) => value !== writtenOf(run.params[key]));

  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const params = Object.fromEntries(changed.map(([key, value]) => [key, valueOf(value)]));
      onDone(await session.act("runs.clone", { params, name: name.trim() }));
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };

  return (
    <form
      class="jp-tracker-form"
      aria-label={trans.__("Clone %1", run.name)}
      data-lm-suppress-shortcuts="true"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onDone(null);
        }
      }}
    >
      <label>
        <span>{trans.__("name")}</span>
        <input
          class="jp-tracker-input"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      {Object.entries(run.params).map(([key, value]) => (
        <label key={key} title={trans.__("now %1", formatParam(value))}>
          <span>{key}</span>
          <input
            class="jp-tracker-input"
            value={written[key] ?? writtenOf(value)}
            onInput={(event) => setWritten({ ...written, [key]: event.currentTarget.value })}
          />
        </label>
      ))}
      <div class="jp-tracker-form-end">
        <button type="submit" class="jp-tracker-button" disabled={busy}>
          {trans.__("Submit")}
        </button>
        <button type="button" class="jp-tracker-button" onClick={() => onDone(null)}>
          {trans.__("Cancel")}
        </button>
        <span class="jp-tracker-note">
          {changed.length === 0
            ? trans.__("The same params.")
            : trans.__("Changed: %1.", changed.map(([key]) => key).join(", "))}
        </span>
      </div>
      {error !== null && (
        <p class="jp-tracker-error" role="alert">
          {trans.__("The run was not cloned. %1", error)}
        </p>
      )}
    </form>
  );
}
