import type { JSX, RefObject } from "preact";
import { useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { Found } from "../../core/log-finder";
import type { LogFilter } from "../../core/log-rows";
import type { EventLevel, LogStream } from "../../core/wire";
import { trans } from "../../core/translate";
import { CopyButton } from "../common/copy-button";

interface Props {
  readonly searchBox: RefObject<HTMLInputElement>;
  readonly query: string;
  readonly found: Found;
  readonly filter: LogFilter;
  readonly errors: number;
  readonly count: number;
  readonly complete: boolean;
  readonly onQuery: (text: string) => void;
  readonly onStep: (step: 1 | -1) => void;
  readonly onError: (step: 1 | -1) => void;
  readonly onFilter: (filter: LogFilter) => void;
  readonly onLeave: () => void;
  readonly copyText: () => Promise<string>;
  readonly onSave: () => Promise<void>;
}

const levels = (): readonly [string, readonly EventLevel[] | null][] => [
  [trans.__("every level"), null],
  [trans.__("warnings, errors"), ["warning", "error"]],
  [trans.__("errors"), ["error"]],
];
const streams = (): readonly [string, readonly LogStream[] | null][] => [
  [trans.__("every stream"), null],
  ["stdout", ["stdout"]],
  ["stderr", ["stderr"]],
  [trans.__("tracker"), ["system"]],
];

export function LogToolbar(props: Props): JSX.Element {
  const { query, found, filter, errors, onStep, onError } = props;

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
    <div
      class="jp-tracker-toolbar"
      role="group"
      aria-label={trans.__("Search and filter the log")}
      data-lm-suppress-shortcuts="true"
    >
      <input
        ref={props.searchBox}
        class="jp-tracker-input"
        type="search"
        placeholder={trans.__("Search the log ( / )")}
        aria-label={trans.__("Search the log")}
        value={query}
        onInput={(event) => props.onQuery(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {query !== "" && (
        <Steps
          label={foundText(found)}
          previous={[trans.__("Previous match"), "Shift+Enter"]}
          next={[trans.__("Next match"), "Enter"]}
          disabled={found.count === 0}
          onStep={onStep}
        />
      )}
      <Choice
        label={trans.__("Levels")}
        options={levels()}
        value={filter.levels}
        onChange={(chosen) => props.onFilter({ ...filter, levels: chosen })}
      />
      <Choice
        label={trans.__("Streams")}
        options={streams()}
        value={filter.streams}
        onChange={(chosen) => props.onFilter({ ...filter, streams: chosen })}
      />
      {errors > 0 && (
        <Steps
          label={trans._n("%2 error", "%2 errors", errors, errors.toLocaleString())}
          previous={[trans.__("Previous error"), "Shift+E"]}
          next={[trans.__("Next error"), "E"]}
          disabled={false}
          onStep={onError}
        />
      )}
      <span class="jp-tracker-grow" />
      {/* Gives its place to the count of matches, so that the toolbar stays one row. */}
      {query === "" && (
        <span class="jp-tracker-note" role="status">
          {props.complete
            ? trans._n("%2 row", "%2 rows", props.count, props.count.toLocaleString())
            : trans.__("reading: %1 rows", props.count.toLocaleString())}
        </span>
      )}
      <CopyButton
        label={trans.__("Copy")}
        title={trans.__("Copy these rows, the last 10,000 at most")}
        text={props.copyText}
      />
      <SaveButton onSave={props.onSave} />
    </div>
  );
}

function foundText({ count, complete, ordinal, error }: Found): string {
  if (error !== null) {
    return error;
  }
  if (count === 0) {
    return complete ? trans.__("no match") : trans.__("searching…");
  }
  const all = `${count.toLocaleString()}${complete ? "" : "…"}`;
  return ordinal < 0 ? all : trans.__("%1 of %2", (ordinal + 1).toLocaleString(), all);
}

interface StepsProps {
  readonly label: string;
  /** What the button does, and its key. */
  readonly previous: readonly [words: string, key: string];
  readonly next: readonly [words: string, key: string];
  readonly disabled: boolean;
  readonly onStep: (step: 1 | -1) => void;
}

function Steps({ label, previous, next, disabled, onStep }: StepsProps): JSX.Element {
  return (
    <span class="jp-tracker-steps">
      <span class="jp-tracker-note" role="status">
        {label}
      </span>
      {(
        [
          [-1, previous],
          [1, next],
        ] as const
      ).map(([step, [words, key]]) => (
        <button
          key={step}
          type="button"
          class="jp-tracker-quiet"
          disabled={disabled}
          aria-label={words}
          title={`${words} (${key})`}
          onClick={() => onStep(step)}
        >
          {step < 0 ? "↑" : "↓"}
        </button>
      ))}
    </span>
  );
}

interface ChoiceProps<T> {
  readonly label: string;
  readonly options: readonly [string, T][];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

function Choice<T>({ label, options, value, onChange }: ChoiceProps<T>): JSX.Element {
  const same = (one: T): boolean => String(one) === String(value);
  return (
    <select
      class="jp-tracker-select"
      aria-label={label}
      value={options.findIndex(([, one]) => same(one))}
      onChange={(event) => {
        const chosen = options[Number(event.currentTarget.value)];
        if (chosen !== undefined) {
          onChange(chosen[1]);
        }
      }}
    >
      {options.map(([name], index) => (
        <option key={name} value={index}>
          {name}
        </option>
      ))}
    </select>
  );
}

function SaveButton({ onSave }: { onSave: () => Promise<void> }): JSX.Element {
  const [state, setState] = useState<string | null>(null);
  const go = async (): Promise<void> => {
    setState("");
    try {
      await onSave();
      setState(null);
    } catch (reason) {
      setState(errorText(reason));
    }
  };
  return (
    <>
      <button
        type="button"
        class="jp-tracker-button"
        disabled={state === ""}
        title={trans.__("Save the whole log as a file")}
        onClick={() => void go()}
      >
        {trans.__("Download")}
      </button>
      {state !== null && state !== "" && (
        <span class="jp-tracker-error" role="alert">
          {trans.__("The log was not saved. %1", state)}
        </span>
      )}
    </>
  );
}
