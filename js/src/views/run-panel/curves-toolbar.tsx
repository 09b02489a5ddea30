import type { JSX } from "preact";
import { trans } from "../../core/translate";
import type { XKind } from "../chart/axes";

interface Props {
  readonly x: XKind;
  readonly logY: boolean;
  readonly smoothing: number;
  /** null: too few charts for a filter. */
  readonly filter: string | null;
  readonly zoomed: boolean;
  readonly onX: (kind: XKind) => void;
  readonly onLogY: (on: boolean) => void;
  readonly onSmoothing: (weight: number) => void;
  readonly onFilter: (text: string) => void;
  readonly onResetZoom: () => void;
}

const kinds = (): readonly [XKind, string][] => [
  ["step", trans.__("step")],
  ["time", trans.__("time")],
  ["relative", trans.__("relative time")],
];

export function CurvesToolbar(props: Props): JSX.Element {
  const { x, logY, smoothing, filter, zoomed } = props;
  return (
    <div
      class="jp-tracker-toolbar"
      role="group"
      aria-label={trans.__("How curves are drawn")}
      data-lm-suppress-shortcuts="true"
    >
      <label title={trans.__("Exponential moving average; the raw values stay behind it")}>
        {trans.__("smoothing")}
        <input
          type="range"
          class="jp-tracker-slider"
          min="0"
          max="0.99"
          step="0.01"
          value={smoothing}
          onInput={(event) => props.onSmoothing(Number(event.currentTarget.value))}
        />
        <output class="jp-tracker-smoothing">{smoothing.toFixed(2)}</output>
      </label>
      <label>
        <input
          type="checkbox"
          checked={logY}
          onChange={(event) => props.onLogY(event.currentTarget.checked)}
        />
        {trans.__("log y")}
      </label>
      <label>
        {trans.__("x")}
        <select
          class="jp-tracker-select"
          value={x}
          onChange={(event) => {
            const kind = kinds().find(([name]) => name === event.currentTarget.value);
            props.onX(kind?.[0] ?? "step");
          }}
        >
          {kinds().map(([kind, label]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <span class="jp-tracker-grow" />
      {filter !== null && (
        <input
          type="search"
          class="jp-tracker-input"
          placeholder={trans.__("Filter metrics")}
          aria-label={trans.__("Filter metrics")}
          value={filter}
          onInput={(event) => props.onFilter(event.currentTarget.value)}
        />
      )}
      <button
        type="button"
        class="jp-tracker-button"
        // Keeps its place, so that the toolbar does not move when a zoom begins.
        style={{ visibility: zoomed ? "visible" : "hidden" }}
        title={trans.__("Back to the live whole (double-click, Esc)")}
        onClick={props.onResetZoom}
      >
        {trans.__("Reset zoom")}
      </button>
    </div>
  );
}
