// Puts the style sheets of the views beside the modules that import them, which is all that tsc leaves to do.
import { cp } from "node:fs/promises";
import { statSync } from "node:fs";

await cp("src/views", "lib/views", {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || path.endsWith(".css"),
});
