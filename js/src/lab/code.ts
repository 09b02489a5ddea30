/** Lines of Python with which a person goes on in a cell. */

import { LOCAL } from "./service";

function connect(connection: string): string {
  return connection === LOCAL ? "jt.connect()" : `jt.connect(${JSON.stringify(connection)})`;
}

/** The run as an object. */
export function runCode(connection: string, id: string): string {
  return `import jupyter_tracker as jt\n\nrun = ${connect(connection)}.runs.get(${JSON.stringify(id)})`;
}

/** The run as a live panel. */
export function panelCode(connection: string, id: string): string {
  return `import jupyter_tracker as jt\n\njt.RunPanel(${connect(connection)}.runs.get(${JSON.stringify(id)}))`;
}
