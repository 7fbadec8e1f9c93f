// Runs the benchmark as the package is run: bundled. Unbundled, the constants that core and host share are looked up
// in objects all the time, which the promises' figure shows most.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { DIST, ROOT } from "../../host/build/firmware.mjs";

// As deep in the tree as the sources are, so that what they find by relative paths they find from here.
const BUNDLE = join(DIST, "bench/bench.mjs");

await build({
  absWorkingDir: ROOT,
  entryPoints: ["test/bench/bench.ts"],
  outfile: BUNDLE,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  logLevel: "warning",
});
await import(pathToFileURL(BUNDLE).href);
