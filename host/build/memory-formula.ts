// How many bytes of linear memory a profile takes, without compiling anything: assembly/base/memory.ts is the formula, with
// the texts of applications, and here it is reckoned as what it also is, TypeScript. A profile that contradicts itself is
// refused with the core's words.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { buildSync } from "esbuild";
import { ROOT } from "./firmware.mjs";
import { textFiles } from "./texts.mjs";

/** Where asc begins when it optimises: it keeps the first addresses free, more of them where it was told no limit. */
const FIRST_ADDRESS = { limited: 16, unlimited: 1024 };
const PAGE = 65536;
/** Constants that the code keeps behind all of the tables: the sizes of segments that SYN cookies can tell. */
const CONSTANT_BYTES = 16;
/** What the compiler aligns the end of data to. */
const ALIGNMENT = 16;

/**
 * Bytes from address 0 to the end of static data, for a profile: its constants by name. Throws an Error when it
 * contradicts itself.
 */
export function staticBytes(profile: Readonly<Record<string, number>>): number {
  const constants = Object.entries(profile).map(([name, value]) => `export const ${name} = ${value};`);
  const folder = mkdtempSync(join(tmpdir(), "thimble-profile-"));
  const path = join(folder, "profile.ts");
  writeFileSync(path, constants.join("\n"));
  const tables = ["assembly/base/memory.ts", ...textFiles().map((file) => relative(ROOT, file.path))];
  const { outputFiles } = buildSync({
    stdin: { contents: tables.map((file) => `import "./${file}";`).join("\n"), resolveDir: ROOT },
    alias: { profile: path },
    bundle: true,
    // What the files do when they are loaded is what is wanted of them.
    ignoreAnnotations: true,
    write: false,
    format: "iife",
    logLevel: "silent",
  });
  rmSync(folder, { recursive: true });
  let end = profile.LINEAR_BYTES < PAGE ? FIRST_ADDRESS.limited : FIRST_ADDRESS.unlimited;
  const memory = {
    data(what: number | number[], alignment = ALIGNMENT): number {
      const start = Math.ceil(end / alignment) * alignment;
      end = start + (typeof what === "number" ? what : what.length);
      return start;
    },
  };
  const refuse = (message: string): never => {
    throw new Error(message);
  };
  new Function("memory", "clz", "ERROR", outputFiles[0].text)(memory, Math.clz32, refuse);
  return Math.ceil((Math.ceil(end / ALIGNMENT) * ALIGNMENT + CONSTANT_BYTES) / ALIGNMENT) * ALIGNMENT;
}
