// Writes the texts of protocols that the core speaks as bytes: assembly/application/texts/NAME.json, which people write,
// becomes NAME.ts beside it. The core has no strings: those of AssemblyScript would lie in memory with twice the bytes.
// `node host/build/texts.mjs` writes what has changed; a test says when it is due.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../assembly/application/texts/", import.meta.url));
/** Blocks fill whole units of this, so that the formula of memory holds in whatever order the compiler lays them out. */
const UNIT = 16;
const PER_LINE = 20;

/** The texts that there are: [{name, path, source, written}], what the file should be and what it is. */
export function textFiles() {
  const names = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));
  return names.sort().map((file) => {
    const name = file.slice(0, -".json".length);
    const path = join(FOLDER, `${name}.ts`);
    return { name, path, source: sourceOf(name, JSON.parse(readFileSync(join(FOLDER, file), "utf8"))) };
  });
}

/** Each text is its length in one byte and then its bytes; NAME is where it begins. */
function sourceOf(name, { about, needed, texts }) {
  const bytes = [];
  const places = Object.entries(texts).map(([constant, text]) => {
    const place = bytes.length;
    bytes.push(text.length, ...Buffer.from(text, "latin1"));
    return `// ${JSON.stringify(text)}\nexport const ${constant}: usize = ${name.toUpperCase()}_TEXTS + ${place};`;
  });
  while (bytes.length % UNIT !== 0) bytes.push(0);
  const lines = [];
  for (let i = 0; i < bytes.length; i += PER_LINE) lines.push(`      ${bytes.slice(i, i + PER_LINE).join(", ")},`);
  return `// biome-ignore-all format: a program wrote this.
// ${about} Written by host/build/texts.mjs from ${name}.json.
// Each is its length in one byte, and then its bytes.

import { ${[...needed].sort().join(", ")} } from "profile";

export const ${name.toUpperCase()}_TEXTS: usize = ${needed.map((constant) => `${constant} > 0`).join(" || ")}
  ? memory.data<u8>([
${lines.join("\n")}
    ])
  : 0;

${places.join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, source } of textFiles()) writeFileSync(path, source);
}
