import type { JSX, RefObject } from "preact";
import { useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { Found } from "../../core/log-finder";
import type { LogFilter } from "../../core/log-rows";
import type { EventLevel, LogStream } from "../../core/wire";
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

const LEVELS: readonly [string, readonly EventLevel[] | null][] = [
  ["every level", null],
  ["warnings, errors", ["warning", "error"]],
  ["errors", ["error"]],
];
const STREAMS: readonly [string, readonly LogStream[] | null][] = [
  ["every stream", null],
  ["stdout", ["stdout"]],
  ["stderr", ["stderr"]],
  ["tracker", ["system"]],
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
      aria-label="Search and filter the log"
      data-lm-suppress-shortcuts="true"
    >
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
        <Steps
          label={foundText(found)}
          what="match"
          keys={["Shift+Enter", "Enter"]}
          disabled={found.count === 0}
          onStep={onStep}
        />
      )}
      <Choice
        label="Levels"
        options={LEVELS}
        value={filter.levels}
        onChange={(levels) => props.onFilter({ ...filter, levels })}
      />
      <Choice
        label="Streams"
        options={STREAMS}
        value={filter.streams}
        onChange={(streams) => props.onFilter({ ...filter, streams })}
      />
      {errors > 0 && (
        <Steps
          label={`${errors.toLocaleString()} ${errors === 1 ? "error" : "errors"}`}
          what="error"
          keys={["Shift+E", "E"]}
          disabled={false}
          onStep={onError}
        />
      )}
      <span class="jp-tracker-grow" />
      {/* Gives its place to the count of matches, so that the toolbar stays one row. */}
      {query === "" && (
        <span class="jp-tracker-note" role="status">
          {props.complete
            ? `${props.count.toLocaleString()} rows`
            : `reading: ${props.count.toLocaleString()} rows`}
        </span>
      )}
      <CopyButton label="Copy" title="Copy these rows, the last 10,000 at most" text={props.copyText} />
      <SaveButton onSave={props.onSave} />
    </div>
  );
}

function foundText({ count, complete, ordinal, error }: Found): string {
  if (error !== null) {
    return error;
  }
  if (count === 0) {
    return complete ? "no match" : "searching…";
  }
  return `${ordinal < 0 ? "" : `${(ordinal + 1).toLocaleString()} of `}${count.toLocaleString()}${complete ? "" : "…"}`;
}

interface StepsProps {
  readonly label: string;
  readonly what: string;
  readonly keys: readonly [string, string];
  readonly disabled: boolean;
  readonly onStep: (step: 1 | -1) => void;
}

function Steps({ label, what, keys, disabled, onStep }: StepsProps): JSX.Element {
  return (
    <span class="jp-tracker-steps">
      <span class="jp-tracker-note" role="status">
        {label}
      </span>
      {([-1, 1] as const).map((step) => (
        <button
          key={step}
          type="button"
          class="jp-tracker-quiet"
          disabled={disabled}
          aria-label={`${step < 0 ? "Previous" : "Next"} ${what}`}
          title={`${step < 0 ? "Previous" : "Next"} ${what} (${keys[step < 0 ? 0 : 1]})`}
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
        title="Save the whole log as a file"
        onClick={() => void go()}
      >
        Download
      </button>
      {state !== null && state !== "" && (
        <span class="jp-tracker-error" role="alert">
          The log was not saved. {state}
        </span>
      )}
    </>
  );
}
