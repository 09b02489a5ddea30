import type { JSX } from "preact";
import { trans } from "../../core/translate";

/** Holds the place of what is coming. Style sheets keep it unseen for the first 200 ms. */
export function Skeleton(): JSX.Element {
  return (
    <div class="jp-tracker-skeleton" role="status" aria-label={trans.__("Loading the run")}>
      <div class="jp-tracker-bone jp-tracker-bone-head" />
      <div class="jp-tracker-grid">
        <div class="jp-tracker-bone jp-tracker-bone-chart" />
        <div class="jp-tracker-bone jp-tracker-bone-chart" />
      </div>
    </div>
  );
}
