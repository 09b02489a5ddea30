import type { JSX } from "preact";

/** The sign of the button that shows a chart as a table. */
export function TableIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d="M1.5 2.5h9v7h-9zM1.5 5h9M1.5 7.25h9M5 2.5v7" fill="none" stroke="currentColor" />
    </svg>
  );
}
