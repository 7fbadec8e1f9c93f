// The code of a wasm file: its functions with their names and layers, and a section of ours that says how many bytes each
// layer has (WebAssembly core specification 2.0, §5.5 and Appendix, names).

import { LAYERS_SECTION } from "../core/layers.ts";
import { WasmReader } from "./wasm-reader.ts";

export interface FunctionSize {
  /** Such as "assembly/transport/tcp/acknowledge/acknowledge". */
  name: string;
  /** Folder of its source below assembly/, such as "transport/tcp"; "index.ts" for the exports themselves. */
  layer: string;
  /** Of its body, with its locals and its own length. */
  bytes: number;
}

export interface LayerSize {
  layer: string;
  bytes: number;
  functions: number;
}

const MAGIC_AND_VERSION = 8;
const SECTION = { CUSTOM: 0, IMPORT: 2, CODE: 10 };
const FUNCTION_NAMES = 1;
const FUNCTION_IMPORT = 0;

interface Section {
  id: number;
  /** All of it, and what is behind its length. */
  whole: Uint8Array;
  bytes: Uint8Array;
}

/** The code section of a wasm file. */
export function codeSection(wasm: Uint8Array): Uint8Array {
  const code = sections(wasm).find(({ id }) => id === SECTION.CODE);
  if (!code) throw new Error("The wasm file has no code.");
  return code.bytes;
}

/** The functions of a wasm file that has names, largest first. */
export function functionsOf(wasm: Uint8Array): FunctionSize[] {
  const names = functionNames(wasm);
  const imported = importedFunctions(wasm);
  const reader = new WasmReader(codeSection(wasm));
  const functions = reader.times((index) => {
    const start = reader.at;
    reader.take(reader.number());
    const name = names.get(imported + index) ?? "";
    return { name, layer: layerOf(name), bytes: reader.at - start };
  });
  return functions.sort((a, b) => b.bytes - a.bytes);
}

/** Bytes and number of functions by layer, largest first. */
export function layersOf(functions: readonly FunctionSize[]): LayerSize[] {
  const layers = [...new Set(functions.map(({ layer }) => layer))].map((layer) => {
    const own = functions.filter((each) => each.layer === layer);
    return { layer, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0), functions: own.length };
  });
  return layers.sort((a, b) => b.bytes - a.bytes);
}

/** The file as it ships: without names, and with the bytes of each layer in the place of them. */
export function labelled(wasm: Uint8Array): Uint8Array {
  const kept = sections(wasm).filter(({ id }) => id !== SECTION.CUSTOM);
  const layers = layersOf(functionsOf(wasm)).map(({ layer, bytes }) => [layer, bytes]);
  const content = new TextEncoder().encode(JSON.stringify(Object.fromEntries(layers)));
  const name = new TextEncoder().encode(LAYERS_SECTION);
  const body = [...number(name.length), ...name, ...content];
  const label = [SECTION.CUSTOM, ...number(body.length), ...body];
  return Buffer.concat([
    wasm.subarray(0, MAGIC_AND_VERSION),
    ...kept.map(({ whole }) => whole),
    Uint8Array.from(label),
  ]);
}

// LEB128, unsigned.
function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)];
}

// A function's name is its file without the ending, then its own; the compiler's own and the library's differ.
function layerOf(name: string): string {
  const path = /^assembly\/(.+)\/[^/]+$/.exec(name)?.[1];
  if (path === undefined) return name.startsWith("~lib/") ? "library" : "other";
  const end = path.lastIndexOf("/");
  return end < 0 ? `${path}.ts` : path.slice(0, end);
}

function sections(wasm: Uint8Array): Section[] {
  const file = new WasmReader(wasm);
  file.take(MAGIC_AND_VERSION);
  const found: Section[] = [];
  while (!file.done) {
    const start = file.at;
    const [id, bytes] = [file.byte(), file.take(file.number())];
    found.push({ id, bytes, whole: wasm.subarray(start, file.at) });
  }
  return found;
}

// The core imports functions only: numbers of its own functions begin behind those.
function importedFunctions(wasm: Uint8Array): number {
  const section = sections(wasm).find(({ id }) => id === SECTION.IMPORT);
  if (!section) return 0;
  const reader = new WasmReader(section.bytes);
  return reader.times(() => {
    const name = `${reader.text()}.${reader.text()}`;
    if (reader.byte() !== FUNCTION_IMPORT) throw new Error(`${name} is imported and no function.`);
    return reader.number();
  }).length;
}

function functionNames(wasm: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  for (const { id, bytes } of sections(wasm)) {
    const section = new WasmReader(bytes);
    if (id !== SECTION.CUSTOM || section.text() !== "name") continue;
    while (!section.done) {
      const kind = section.byte();
      const part = new WasmReader(section.take(section.number()));
      if (kind === FUNCTION_NAMES) part.times(() => names.set(part.number(), part.text()));
    }
  }
  return names;
}
