import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { RunSession } from "../../core/session";
import type { RunData } from "../../core/wire";
import { trans } from "../../core/translate";

interface Props {
  readonly session: RunSession;
  readonly run: RunData;
}

/** What there is to say about the run; kept when it is saved. */
export function Notes({ session, run }: Props): JSX.Element {
  const [written, setWritten] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const why = run.actions["runs.update"];
  const changed = written !== null && written !== run.notes;
  const keep = async (): Promise<void> => {
    try {
      await session.act("runs.update", { notes: written ?? "" });
      setWritten(null);
      setError(null);
    } catch (reason) {
      setError(errorText(reason));
    }
  };
  return (
    <>
      <h4>{trans.__("Notes")}</h4>
      <textarea
        class="jp-tracker-notes"
        aria-label={trans.__("Notes")}
        placeholder={trans.__("What there is to say about this run")}
        data-lm-suppress-shortcuts="true"
        rows={3}
        disabled={why !== null}
        title={why ?? undefined}
        value={written ?? run.notes}
        onInput={(event) => setWritten(event.currentTarget.value)}
      />
      <button
        type="button"
        class="jp-tracker-button"
        style={{ visibility: changed ? "visible" : "hidden" }}
        onClick={() => void keep()}
      >
        {trans.__("Save")}
      </button>
      {error !== null && (
        <p class="jp-tracker-error" role="alert">
          {trans.__("The notes were not saved: %1", error)}
        </p>
      )}
    </>
  );
}

/** Tags, one of which is added as `name=text`. */
export function Tags({ session, run }: Props): JSX.Element {
  const [error, setError] = useState<string | null>(null);
  const change = async (tags: Readonly<Record<string, string | null>>): Promise<void> => {
    try {
      await session.act("runs.set_tags", { tags });
      setError(null);
    } catch (reason) {
      setError(errorText(reason));
    }
  };
  const allowed = run.actions["runs.set_tags"] === null;
  return (
    <>
      <h4>{trans.__("Tags")}</h4>
      <ul class="jp-tracker-tags">
        {Object.entries(run.tags).map(([name, value]) => (
          <li key={name} title={`${name}=${value}`}>
            <span>
              {name}
              {value !== "" && `=${value}`}
            </span>
            {allowed && (
              <button
                type="button"
                class="jp-tracker-quiet"
                aria-label={trans.__("Remove the tag %1", name)}
                onClick={() => void change({ [name]: null })}
              >
                ×
              </button>
            )}
          </li>
        ))}
        {allowed && (
          <li class="jp-tracker-new-tag">
            <input
              class="jp-tracker-input"
              placeholder={trans.__("name=text")}
              aria-label={trans.__("New tag")}
              data-lm-suppress-shortcuts="true"
              onKeyDown={(event) => {
                const { value } = event.currentTarget;
                const at = value.indexOf("=");
                const name = (at < 0 ? value : value.slice(0, at)).trim();
                if (event.key === "Enter" && name !== "") {
                  void change({ [name]: at < 0 ? "" : value.slice(at + 1).trim() });
                  event.currentTarget.value = "";
                }
              }}
            />
          </li>
        )}
      </ul>
      {error !== null && (
        <p class="jp-tracker-error" role="alert">
          {trans.__("The tags were not changed: %1", error)}
        </p>
      )}
    </>
  );
}
