// Compiles the core with somebody's application inside it. The compiler is given the application in place of
// assembly/application/own.ts, and "thimble-tcpip/assembly" means the core's own library for such.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import asc from "assemblyscript/asc";
import { DIST, importTypeScript, profileOptions, ROOT } from "./firmware.mjs";
import { bytesOf } from "./ipv6-cost.mjs";
import { variantSource } from "./variants.mjs";

const PLACE = "assembly/application/own.ts";
const LIBRARY = "assembly/application/library";
const SPECIFIER = /(from\s*["'])thimble-tcpip\/assembly(["'])/g;
const FUNCTIONS = ["start", "serve", "timer", "call"];

/**
 * Compiles `file` with the stack of a profile, in which `changes` are other values of constants, to `output`; resolves to
 * what it takes. Rejects with a sentence, or with the compiler's messages.
 */
export async function compileApplication({ file, profile, output, changes = {} }) {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  mkdirSync(DIST, { recursive: true });
  const folder = mkdtempSync(join(DIST, "variant-"));
  try {
    const path = join(folder, "profile.ts");
    writeFileSync(path, variantSource(profile, { OWN_APPLICATION: 1, ...changes }));
    const options = profileOptions(profile, await importTypeScript(path), relative(ROOT, folder));
    const wasm = await compile(["--target", "release", "--outFile", "module.wasm", ...options], file);
    writeFileSync(output, wasm);
    return await bytesOf(wasm);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compile(args, file) {
  const messages = [];
  const written = new Map();
  // The compiler keeps what --lib brought in, and would take the profile of the run before for this one's.
  delete asc.libraryFiles.profile;
  const { error } = await asc.main([...args, "--baseDir", ROOT], {
    stdout: { write: (text) => messages.push(text) },
    stderr: { write: (text) => messages.push(text) },
    readFile: (name, folder) => readSource(resolve(folder, name), file),
    writeFile: (name, contents) => written.set(name, contents),
  });
  const wasm = written.get("module.wasm");
  if (error || !wasm) throw new Error(messages.join("").trimEnd() || error.message);
  return wasm;
}

function readSource(path, file) {
  if (!existsSync(path)) return null;
  const source = readFileSync(path, "utf8");
  if (path === join(ROOT, PLACE)) return inPlaceOf(source, file);
  return path.startsWith(join(ROOT, "assembly")) ? source : source.replace(SPECIFIER, `$1${libraryFrom(path)}$2`);
}

// What the application does not export stays as it is where there is none.
function inPlaceOf(source, file) {
  const exported = new Set(
    [...readFileSync(file, "utf8").matchAll(/^export function (\w+)/gm)].map(([, name]) => name),
  );
  const known = FUNCTIONS.filter((name) => exported.has(name));
  if (known.length === 0) throw new Error(`${file} exports none of ${FUNCTIONS.join(", ")}.`);
  const left = known.reduce(
    (text, name) => text.replace(new RegExp(`^export function ${name}\\b`, "m"), `function ${name}Unused`),
    source,
  );
  const from = withDot(relative(dirname(join(ROOT, PLACE)), file)).replace(/\.ts$/, "");
  return `${left}\nexport { ${known.join(", ")} } from "${from}";\n`;
}

function libraryFrom(path) {
  return withDot(relative(dirname(path), join(ROOT, LIBRARY)));
}

function withDot(path) {
  return path.startsWith(".") ? path : `./${path}`;
}
