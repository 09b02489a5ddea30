import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { list, text } from "../../core/parse";
import { bytes } from "../../core/save";
import { trans } from "../../core/translate";
import type { Answer } from "./answer";
import { Table } from "./table";

/** A file as the host made it ready to be shown. Nothing of it is ever taken for markup. */
export function Preview({ answer, path }: { answer: Answer; path: string }): JSX.Element {
  const { result, buffers } = answer;
  const cut = result.cut === true && (
    <p class="jp-tracker-note">{trans.__("Only the beginning is shown.")}</p>
  );
  if (result.kind === "image") {
    return <Picture view={buffers[0]} type={text(result.type)} path={path} />;
  }
  if (result.kind === "table") {
    const [head = [], ...rows] = list(result.rows).map((row) => list(row).map((cell) => text(cell)));
    return (
      <>
        {cut}
        <Table
          label={path}
          head={head}
          rows={rows.map((row) => row.map((cell) => ({ text: cell, title: cell })))}
        />
      </>
    );
  }
  if (result.kind === "text" || result.kind === "json") {
    return (
      <>
        {cut}
        <pre class="jp-tracker-text">{text(result.text)}</pre>
      </>
    );
  }
  return <p class="jp-tracker-empty">{text(result.message, trans.__("It cannot be shown here."))}</p>;
}

/** As an image and not as a document, so that scripts in an SVG never run. */
function Picture({
  view,
  type,
  path,
}: {
  view: DataView | undefined;
  type: string;
  path: string;
}): JSX.Element {
  const url = useMemo(() => URL.createObjectURL(new Blob([bytes(view)], { type })), [view, type]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return <img class="jp-tracker-picture" src={url} alt={path} />;
}
