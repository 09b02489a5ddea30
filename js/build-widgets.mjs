// Bundles the widgets: one self-contained module and one style sheet for each, and beside them the licences
// of the packages that went in.
import * as esbuild from "esbuild";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";

const OUTPUT = "../jupyter_tracker/static";

const options = {
  // Every panel has an entry of its name.
  entryPoints: (await readdir("src/widgets"))
    .filter((name) => name.endsWith("-panel.ts"))
    .map((name) => `src/widgets/${name}`),
  outdir: OUTPUT,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  banner: { js: "/*! Licences of the packages in this file: licenses.txt beside it. */" },
  metafile: true,
  logLevel: "info",
};

/** A chunk is a function of the modules that it shares with the panel which loads it (`src/core/chunk.ts`), in this
 *  order; so Preact and the translator are in the page once, with one state. */
const SHARED = ["preact", "preact/hooks", "preact/jsx-runtime", "translate"];
const NAMES = SHARED.map((_, index) => `shared${index}`);

const shareModules = {
  name: "share-modules",
  setup(build) {
    build.onResolve({ filter: /^preact(\/|$)/ }, ({ path }) => ({ path, namespace: "shared" }));
    build.onResolve({ filter: /\/translate$/ }, () => ({ path: "translate", namespace: "shared" }));
    build.onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => ({
      contents: `module.exports = ${NAMES[SHARED.indexOf(path)]};`,
    }));
  },
};

const chunkOptions = {
  ...options,
  entryPoints: (await readdir("src/chunks")).map((name) => `src/chunks/${name}`),
  outdir: `${OUTPUT}/chunks`,
  format: "iife",
  globalName: "chunk",
  banner: { js: `${options.banner.js}\nexport default (${NAMES.join(", ")}) => {` },
  footer: { js: "return chunk; };" },
  // Style sheets come with the panels, before any chunk.
  loader: { ".css": "empty" },
  plugins: [shareModules],
};

/** Names of the packages that a build has taken code from. */
function packagesIn(metafile) {
  const found = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  return [...new Set(found)].sort();
}

async function writeLicenses(metafile) {
  const parts = [];
  for (const name of packagesIn(metafile)) {
    const { version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
    const license = await readFile(`node_modules/${name}/LICENSE`, "utf8");
    parts.push(`${name} ${version}\n\n${license.trim()}\n`);
  }
  await writeFile(`${OUTPUT}/licenses.txt`, parts.join("\n\n"));
}

if (process.argv.includes("--watch")) {
  for (const each of [options, chunkOptions]) {
    await (await esbuild.context(each)).watch();
  }
} else {
  // What an earlier build left would be shipped, too.
  await rm(OUTPUT, { recursive: true, force: true });
  const [{ metafile: panels }, { metafile: chunks }] = [
    await esbuild.build(options),
    await esbuild.build(chunkOptions),
  ];
  await writeLicenses({ inputs: { ...panels.inputs, ...chunks.inputs } });
}
