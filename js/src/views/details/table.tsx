import type { ComponentChildren, JSX } from "preact";

export interface Cell {
  readonly text: ComponentChildren;
  readonly title?: string;
}

interface Props {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A table whose first column names the row. */
export function Table({ label, head, rows }: Props): JSX.Element {
  return (
    <table class="jp-tracker-table" aria-label={label}>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells, index) => (
          <tr key={index}>
            {cells.map((cell, column) =>
              column === 0 ? (
                <th key={column} scope="row" title={cell.title}>
                  {cell.text}
                </th>
              ) : (
                <td key={column} title={cell.title}>
                  {cell.text}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Pairs({ pairs }: { pairs: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <table class="jp-tracker-table">
      <tbody>
        {pairs.map(([key, value]) => (
          <tr key={key}>
            <th scope="row" title={key}>
              {key}
            </th>
            <td title={value}>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
