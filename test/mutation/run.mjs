// Runs the mutation tests bundled, in a folder that is removed at the end: bundled, scripts are played faster, and the
// tests load the firmware that lies beside them.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { DIST, ROOT } from "../../host/build/firmware.mjs";

mkdirSync(DIST, { recursive: true });
// As deep in the tree as the sources are, so that what they find by relative paths they find from here.
const folder = mkdtempSync(join(DIST, "mutation-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

await build({
  absWorkingDir: ROOT,
  entryPoints: ["mutate", "worker", "suite"].map((name) => `test/mutation/${name}.ts`),
  outdir: relative(ROOT, folder),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  external: ["../../host/build/firmware.mjs"],
  // The tests are imported for what they do; package.json says of the package that it does nothing.
  ignoreAnnotations: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await import(pathToFileURL(join(folder, "mutate.mjs")).href);
