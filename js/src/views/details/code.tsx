import type { JSX } from "preact";
import { text } from "../../core/parse";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Answered, useAnswer } from "./answer";
import { filesOf } from "./artifacts";
import { Files } from "./files";

/** The code that the run executed, as it was kept. */
export function Code({ session }: { session: RunSession }): JSX.Element {
  const state = useAnswer(session, "runs.code", {}, session.id);
  return (
    <Answered state={state}>
      {({ result }) => {
        const files = filesOf(result.files);
        if (files.length > 0) {
          const entry = text(result.entry_point);
          return (
            <>
              <p class="jp-tracker-toolbar">
                <span>
                  {entry === ""
                    ? text(result.source)
                    : trans.__("%1, started at %2", text(result.source), entry)}
                </span>
              </p>
              <Files
                session={session}
                files={files}
                total={files.length}
                op="runs.code_file"
                initial={entry || files[0]?.path}
                label={trans.__("Files of the code")}
              />
            </>
          );
        }
        const own = text(result.text);
        return own === "" ? (
          <p class="jp-tracker-empty">
            {text(result.path) === ""
              ? trans.__("No code was kept: it ran in a notebook. Its cells are under Environment.")
              : trans.__("No code was kept. It was at %1.", text(result.path))}
          </p>
        ) : (
          <pre class="jp-tracker-text">{own}</pre>
        );
      }}
    </Answered>
  );
}
