// Bundles the host: the library (dist/index.js), the same for browsers (dist/browser.js), the command (dist/thimble.mjs)
// and the type declarations of both libraries.

import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { DIST, ROOT } from "./firmware.mjs";

const require = createRequire(import.meta.url);

const SHARED = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  format: "esm",
  legalComments: "none",
  logLevel: "silent",
};

const FOR_NODE = {
  ...SHARED,
  platform: "node",
  target: "node20",
  // Both are loaded when they are needed: koffi, whose native code cannot be bundled, where a TAP is opened, and undici
  // where something is fetched.
  external: ["koffi", "undici"],
  // CommonJS dependencies ask for Node's own modules by require, which an ESM file has to make for itself.
  banner: {
    js: 'import { createRequire as __makeRequire } from "node:module"; const require = __makeRequire(import.meta.url);',
  },
};

/** Files that stand on modules of Node, and what takes their place in browsers. */
const IN_BROWSERS = new Map([
  ["host/node/modules.ts", "host/web/modules.ts"],
  ["host/socket/duplex.ts", "host/web/duplex.ts"],
]);

const FOR_BROWSERS = {
  ...SHARED,
  platform: "browser",
  target: "es2022",
  plugins: [{ name: "in-browsers", setup: replaceInBrowsers }],
};

const ENTRIES = [
  { entry: "host/index.ts", file: "index.js", mode: 0o644, options: FOR_NODE },
  { entry: "host/web/index.ts", file: "browser.js", mode: 0o644, options: FOR_BROWSERS },
  { entry: "host/cli/thimble.ts", file: "thimble.mjs", mode: 0o755, options: FOR_NODE },
];

function replaceInBrowsers(builder) {
  builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const instead = IN_BROWSERS.get(relative(ROOT, path).replaceAll("\\", "/"));
    if (instead === undefined) return null;
    const file = join(ROOT, instead);
    return { contents: readFileSync(file, "utf8"), loader: "ts", resolveDir: dirname(file) };
  });
}

/** Builds the bundles; resolves to [{file, bytes}]; rejects with esbuild's messages. */
export async function bundleHost() {
  mkdirSync(DIST, { recursive: true });
  return Promise.all(ENTRIES.map(bundleEntry));
}

async function bundleEntry({ entry, file, mode, options }) {
  const banner = mode === 0o755 ? { js: `#!/usr/bin/env node\n${options.banner.js}` } : options.banner;
  const result = await build({ ...options, banner, entryPoints: [entry] }).catch((error) => {
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
  writeFileSync(join(DIST, "browser.d.ts"), 'export * from "./types/host/web/index.ts";\n');
}
