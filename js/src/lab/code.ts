/** Lines of Python with which a person goes on in a cell. */

import { LOCAL } from "./service";

export interface RunPlace {
  readonly connection: string;
  readonly id: string;
}

const IMPORT = "import jupyter_tracker as jt\n\n";

function connect(connection: string): string {
  return connection === LOCAL ? "jt.connect()" : `jt.connect(${JSON.stringify(connection)})`;
}

function get({ connection, id }: RunPlace): string {
  return `${connect(connection)}.runs.get(${JSON.stringify(id)})`;
}

function lines(runs: readonly RunPlace[]): string {
  return runs.map((run) => `    ${get(run)},\n`).join("");
}

/** The run as an object, or several as a list. */
export function runCode(...runs: readonly RunPlace[]): string {
  const [run] = runs;
  const one = run !== undefined && runs.length === 1;
  return `${IMPORT}${one ? `run = ${get(run)}` : `runs = [\n${lines(runs)}]`}`;
}

/** The run as a live panel, or several side by side. */
export function panelCode(...runs: readonly RunPlace[]): string {
  const [run] = runs;
  const one = run !== undefined && runs.length === 1;
  return `${IMPORT}${one ? `jt.RunPanel(${get(run)})` : `jt.ComparePanel(\n${lines(runs)})`}`;
}
