import type { JSX, RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

interface Props {
  readonly searchBox: RefObject<HTMLInputElement>;
  readonly query: string;
  readonly matches: number;
  /** Which match is shown; -1 for none. */
  readonly hit: number;
  readonly lines: number;
  readonly total: number;
  readonly copyText: () => string;
  readonly onQuery: (text: string) => void;
  readonly onStep: (step: 1 | -1) => void;
  readonly onLeave: () => void;
}

export function LogToolbar(props: Props): JSX.Element {
  const { query, matches, hit, lines, total, onStep } = props;

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      onStep(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      props.onQuery("");
      props.onLeave();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="jp-tracker-toolbar" data-lm-suppress-shortcuts="true">
      <input
        ref={props.searchBox}
        class="jp-tracker-input"
        type="search"
        placeholder="Search the log ( / )"
        aria-label="Search the log"
        value={query}
        onInput={(event) => props.onQuery(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {query !== "" && (
        <>
          <span class="jp-tracker-note" role="status">
            {matches === 0 ? "no match" : `${hit < 0 ? "" : `${hit + 1} of `}${matches.toLocaleString()}`}
          </span>
          <button
            type="button"
            class="jp-tracker-quiet"
            disabled={matches === 0}
            aria-label="Previous match"
            title="Previous match (Shift+Enter)"
            onClick={() => onStep(-1)}
          >
            ↑
          </button>
          <button
            type="button"
            class="jp-tracker-quiet"
            disabled={matches === 0}
            aria-label="Next match"
            title="Next match (Enter)"
            onClick={() => onStep(1)}
          >
            ↓
          </button>
        </>
      )}
      <span class="jp-tracker-grow" />
      {total > lines && (
        <span class="jp-tracker-note">
          {lines.toLocaleString()} of {total.toLocaleString()} lines; scroll up for more
        </span>
      )}
      <CopyButton text={props.copyText} />
    </div>
  );
}

function CopyButton({ text }: { text: () => string }): JSX.Element {
  const [said, setSaid] = useState("Copy");
  useEffect(() => {
    if (said === "Copy") {
      return undefined;
    }
    const timer = setTimeout(() => setSaid("Copy"), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setSaid("Copied");
    } catch {
      // Pages without a secure origin have no clipboard, or the reader said no.
      setSaid("Not allowed");
    }
  };
  return (
    <button
      type="button"
      class="jp-tracker-button"
      title="Copy the lines that are loaded"
      onClick={() => void copy()}
    >
      {said}
    </button>
  );
}
