// How many bytes of a profile's wasm each function and each layer of the core takes. The compiler is asked once more,
// for the same code with its names: the bodies are those that ship, byte for byte. What the optimiser has inlined counts
// where it went; functions that are the same after all count under the name of one of them.

import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { type Column, tableText } from "../inspect/table.ts";
import { DIST, profileOptions, ROOT, readProfile, runAsc } from "./firmware.mjs";
import { codeSection, type FunctionSize, functionsOf, layersOf } from "./wasm-code.ts";

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

/** Compiles a profile with names and measures it; takes some seconds. Rejects with asc's message. */
export async function measureCode(profile: string): Promise<CodeSizes> {
  const file = join(DIST, `sizes-${profile}.${process.pid}.tmp.wasm`);
  const options = profileOptions(profile, await readProfile(profile));
  try {
    await runAsc(["--target", "release", "--debug", "--outFile", relative(ROOT, file), ...options], ROOT);
    const wasm = new Uint8Array(readFileSync(file));
    return { profile, code: codeSection(wasm), functions: functionsOf(wasm) };
  } finally {
    rmSync(file, { force: true });
  }
}

/** Bytes of TCP alone: everything below assembly/transport/tcp. */
export function tcpBytes({ functions }: CodeSizes): number {
  return sumOf(functions.filter(isTcp));
}

export function isTcp({ layer }: FunctionSize): boolean {
  return layer === TCP_LAYER || layer.startsWith(`${TCP_LAYER}/`);
}

function sumOf(functions: readonly FunctionSize[]): number {
  return functions.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Layers of a profile, and TCP's largest functions, as text. */
export function codeText(sizes: CodeSizes, largest: number): string {
  const columns = (title: string): Column[] => [
    { title: "bytes", align: "right" },
    { title: "functions", align: "right" },
    { title },
  ];
  const grouped = (value: number): string => value.toLocaleString("en-US");
  const layers = layersOf(sizes.functions).map(({ layer, bytes, functions }) => [
    grouped(bytes),
    `${functions}`,
    layer,
  ]);
  layers.push([grouped(sumOf(sizes.functions)), `${sizes.functions.length}`, "in all"]);
  const tcp = sizes.functions.filter(isTcp).slice(0, largest);
  const rows = tcp.map(({ name, bytes }) => [grouped(bytes), "", name.slice("assembly/transport/tcp/".length)]);
  const list = largest > 0 ? `\nLargest functions of TCP\n${tableText(columns("file/function"), rows, "  ")}` : "";
  const tcpLine = `TCP: ${grouped(tcpBytes(sizes))} bytes\n`;
  return `Code of profile ${sizes.profile}\n${tableText(columns("layer"), layers, "  ")}${tcpLine}${list}`;
}
