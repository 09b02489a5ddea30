import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Classification } from "../../core/classification";
import type { ClassificationSession, RunClassifications } from "../../core/classification-session";
import { errorText } from "../../core/host";
import { trans } from "../../core/translate";
import type { Cell } from "./matrix";

interface Props {
  readonly session: ClassificationSession;
  readonly run: RunClassifications;
  readonly data: Classification;
  readonly cell: Cell;
  readonly onClose: () => void;
}

/** What was logged of the samples of one cell. */
export function Examples({ session, run, data, cell, onClose }: Props): JSX.Element {
  const [row, column] = [data.labels[cell.row] ?? "", data.labels[cell.column] ?? ""];
  const found = data.examples.filter((each) => each.true === row && each.predicted === column);
  return (
    <section
      class="jp-tracker-examples"
      aria-label={trans.__("Examples of %1 taken for %2", row, column)}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <div class="jp-tracker-chart-head">
        <h4>
          {row} → {column}
        </h4>
        <span class="jp-tracker-grow" />
        <button
          type="button"
          class="jp-tracker-quiet"
          aria-label={trans.__("Close the examples")}
          title={trans.__("Close (Esc)")}
          onClick={onClose}
        >
          ✕
        </button>
      </div>
      {found.length === 0 ? (
        <p class="jp-tracker-empty-line">
          {data.examples.length === 0
            ? trans.__("No examples were logged: give log_classification(…, examples=…).")
            : trans.__("No examples of this cell were logged.")}
        </p>
      ) : (
        <ul>
          {found.map((each, at) => (
            <li key={at}>
              {each.artifact === "" ? (
                <span class="jp-tracker-example-text">{each.text}</span>
              ) : (
                <Picture session={session} run={run.key} path={each.artifact} />
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

interface PictureProps {
  readonly session: ClassificationSession;
  readonly run: string;
  readonly path: string;
}

/** An image as an image, which runs no scripts; of any other file its path. */
function Picture({ session, run, path }: PictureProps): JSX.Element {
  const type = IMAGES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
  const [address, setAddress] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(type === undefined ? "" : null);

  useEffect(() => {
    let made: string | null = null;
    let gone = false;
    if (type !== undefined) {
      session.image(run, path).then(
        (data) => {
          if (data === null) {
            setProblem(trans.__("too large to be shown"));
          } else if (!gone) {
            made = URL.createObjectURL(new Blob([data as DataView<ArrayBuffer>], { type }));
            setAddress(made);
          }
        },
        (error: unknown) => setProblem(errorText(error)),
      );
    }
    return () => {
      gone = true;
      if (made !== null) {
        URL.revokeObjectURL(made);
      }
    };
  }, [session, run, path]);

  return (
    <figure title={path}>
      {address !== null && <img src={address} alt={path} />}
      {address === null && problem === null && <span class="jp-tracker-bone jp-tracker-example-bone" />}
      <figcaption>
        {path}
        {problem !== null && problem !== "" && <small> {problem}</small>}
      </figcaption>
    </figure>
  );
}
