// How many bytes of a profile's wasm each function and each layer of the core takes. The compiler is asked once more,
// for the same code with its names: the bodies are those that ship, byte for byte. What the optimiser has inlined counts
// where it went; functions that are the same after all count under the name of one of them.

import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { type Column, tableText } from "../inspect/table.ts";
import { DIST, profileOptions, ROOT, readProfile, runAsc } from "./firmware.mjs";
import { WasmReader } from "./wasm-reader.ts";

export interface FunctionSize {
  /** Such as "assembly/transport/tcp/acknowledge/acknowledge". */
  name: string;
  /** Folder of its source below assembly/, such as "transport/tcp"; "index.ts" for the exports themselves. */
  layer: string;
  /** Of its body, with its locals and its own length. */
  bytes: number;
}

export interface CodeSizes {
  profile: string;
  /** Largest first. */
  functions: FunctionSize[];
  /** The code section without names: function bodies, and how many there are. */
  code: Uint8Array;
}

/** The most that TCP's code may take (profile tiny), in bytes. */
export const TCP_LIMIT = 24 * 1024;

const TCP_LAYER = "transport/tcp";
const SECTION = { CUSTOM: 0, IMPORT: 2, CODE: 10 };
const FUNCTION_NAMES = 1;
const FUNCTION_IMPORT = 0;

/** Compiles a profile with names and measures it; takes some seconds. Rejects with asc's message. */
export async function measureCode(profile: string): Promise<CodeSizes> {
  const file = join(DIST, `sizes-${profile}.${process.pid}.tmp.wasm`);
  const options = profileOptions(profile, await readProfile(profile));
  try {
    await runAsc(["--target", "release", "--debug", "--outFile", relative(ROOT, file), ...options], ROOT);
    return sizesOf(profile, new Uint8Array(readFileSync(file)));
  } finally {
    rmSync(file, { force: true });
  }
}

/** The code section of a wasm file. */
export function codeSection(wasm: Uint8Array): Uint8Array {
  const code = sections(wasm).find(({ id }) => id === SECTION.CODE);
  if (!code) throw new Error("The wasm file has no code.");
  return code.bytes;
}

/** Bytes of TCP alone: everything below assembly/transport/tcp. */
export function tcpBytes({ functions }: CodeSizes): number {
  return sumOf(functions.filter(isTcp));
}

export function isTcp({ layer }: FunctionSize): boolean {
  return layer === TCP_LAYER || layer.startsWith(`${TCP_LAYER}/`);
}

/** Bytes and number of functions by layer, largest first. */
export function layersOf({ functions }: CodeSizes): { layer: string; bytes: number; functions: number }[] {
  const layers = [...new Set(functions.map(({ layer }) => layer))].map((layer) => {
    const own = functions.filter((each) => each.layer === layer);
    return { layer, bytes: sumOf(own), functions: own.length };
  });
  return layers.sort((a, b) => b.bytes - a.bytes);
}

function sumOf(functions: readonly FunctionSize[]): number {
  return functions.reduce((sum, { bytes }) => sum + bytes, 0);
}

function sizesOf(profile: string, wasm: Uint8Array): CodeSizes {
  const names = functionNames(wasm);
  const imported = importedFunctions(wasm);
  const code = codeSection(wasm);
  const reader = new WasmReader(code);
  const functions = reader.times((index) => {
    const start = reader.at;
    reader.take(reader.number());
    const name = names.get(imported + index) ?? "";
    return { name, layer: layerOf(name), bytes: reader.at - start };
  });
  return { profile, code, functions: functions.sort((a, b) => b.bytes - a.bytes) };
}

// A function's name is its file without the ending, then its own; the compiler's own and the library's differ.
function layerOf(name: string): string {
  const path = /^assembly\/(.+)\/[^/]+$/.exec(name)?.[1];
  if (path === undefined) return name.startsWith("~lib/") ? "library" : "other";
  const end = path.lastIndexOf("/");
  return end < 0 ? `${path}.ts` : path.slice(0, end);
}

function sections(wasm: Uint8Array): { id: number; bytes: Uint8Array }[] {
  const file = new WasmReader(wasm);
  file.take(8);
  const found: { id: number; bytes: Uint8Array }[] = [];
  while (!file.done) found.push({ id: file.byte(), bytes: file.take(file.number()) });
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

/** Layers of a profile, and TCP's largest functions, as text. */
export function codeText(sizes: CodeSizes, largest: number): string {
  const columns = (title: string): Column[] => [
    { title: "bytes", align: "right" },
    { title: "functions", align: "right" },
    { title },
  ];
  const grouped = (value: number): string => value.toLocaleString("en-US");
  const layers = layersOf(sizes).map(({ layer, bytes, functions }) => [grouped(bytes), `${functions}`, layer]);
  layers.push([grouped(sumOf(sizes.functions)), `${sizes.functions.length}`, "in all"]);
  const tcp = sizes.functions.filter(isTcp).slice(0, largest);
  const rows = tcp.map(({ name, bytes }) => [grouped(bytes), "", name.slice("assembly/transport/tcp/".length)]);
  const list = largest > 0 ? `\nLargest functions of TCP\n${tableText(columns("file/function"), rows, "  ")}` : "";
  const tcpLine = `TCP: ${grouped(tcpBytes(sizes))} bytes\n`;
  return `Code of profile ${sizes.profile}\n${tableText(columns("layer"), layers, "  ")}${tcpLine}${list}`;
}
