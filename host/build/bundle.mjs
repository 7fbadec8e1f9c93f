// Bundles the host: the library (dist/index.js), the command (dist/thimble.mjs) and the library's type declarations.

import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { DIST, ROOT } from "./firmware.mjs";

const require = createRequire(import.meta.url);

const SHARED = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "node20",
  legalComments: "none",
  logLevel: "silent",
  // Native code cannot be bundled; koffi is loaded only where a TAP is opened.
  external: ["koffi"],
  // CommonJS dependencies ask for Node's own modules by require, which an ESM file has to make for itself.
  banner: {
    js: 'import { createRequire as __makeRequire } from "node:module"; const require = __makeRequire(import.meta.url);',
  },
};

const ENTRIES = [
  { entry: "host/index.ts", file: "index.js", mode: 0o644 },
  { entry: "host/cli/thimble.ts", file: "thimble.mjs", mode: 0o755 },
];

/** Builds both bundles; resolves to [{file, bytes}]; rejects with esbuild's messages. */
export async function bundleHost() {
  mkdirSync(DIST, { recursive: true });
  return Promise.all(ENTRIES.map(bundleEntry));
}

async function bundleEntry({ entry, file, mode }) {
  const banner = mode === 0o755 ? { js: `#!/usr/bin/env node\n${SHARED.banner.js}` } : SHARED.banner;
  const result = await build({ ...SHARED, banner, entryPoints: [entry] }).catch((error) => {
    throw new Error(`the bundle dist/${file} does not build:\n${error.message}`);
  });
  const [{ contents }] = result.outputFiles;
  // Written beside and renamed: a command that runs meanwhile sees the old file or the new one.
  const unfinished = join(DIST, `${file}.${process.pid}.tmp`);
  writeFileSync(unfinished, contents, { mode });
  chmodSync(unfinished, mode);
  renameSync(unfinished, join(DIST, file));
  return { file, bytes: contents.length };
}

/** Writes dist/types/**: what a program that imports the library sees of it. Types are checked elsewhere. */
export async function emitDeclarations() {
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  const args = [tsc, "-p", "host/build/declarations.tsconfig.json"];
  const output = [];
  const status = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (status !== 0) throw new Error(`type declarations cannot be made:\n${Buffer.concat(output)}`);
  writeFileSync(join(DIST, "index.d.ts"), 'export * from "./types/host/index.ts";\n');
}
