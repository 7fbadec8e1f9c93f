// From a board's name to its firmware: the module is compiled (asc), turned into C (wasm2c), compiled with the runtime of
// boards/runtime (gcc) and linked for the board's memory.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { boardFolder, compileFirmware, firmwarePath, ROOT } from "../build/firmware.mjs";
import { newest } from "../build/ready.mjs";
import { layerBytes } from "../core/layers.ts";
import { InputError } from "../errors.ts";
import { type NamedBoard, readBoard } from "./boards.ts";
import { readSections } from "./elf.ts";
import { abiHeader, boardHeader, type Identity, memoryScript } from "./headers.ts";
import { type FirmwareMemory, measureFirmware } from "./memory-report.ts";

/** The prefix of the compiler's tools, as Debian's gcc-arm-none-eabi has them. */
const GCC = "arm-none-eabi-gcc";
const RUNTIME = join(ROOT, "boards/runtime");
/** What is made depends on how it is made. */
const THIS_FILE = join(ROOT, "host/board/build.ts");
/** What the module depends on, besides its profile. */
const MODULE_SOURCES = ["assembly", "host/build", "asconfig.json"];

/** The module's code for speed: it is an eighth larger than for size, and takes half as many instructions. */
const FLAGS = ["-std=c11", "-O2", "-DNDEBUG", "-ffunction-sections", "-fdata-sections", "-g0"];
const OWN_FLAGS = ["-Wall", "-Wextra", "-Werror"];

/** In what wasm2c makes: where the functions for access to memory begin, and the beginning of a call of one. */
const FIRST_ACCESS = "DEFINE_LOAD(i32_load, u32, u32, u32, FORCE_READ_INT)\n";
const CALL = /\b(\w+)_default32\(&instance->w2c_memory, \(u64\)\((\w+)\)(?: \+ (\d+)u?)?(?=[,)])/g;

export interface BoardOptions {
  /** The stack's address, "10.0.0.2/24" unless given. */
  address?: string;
  /** A module to take instead of the board's own, for tests. */
  wasm?: string;
  /** Folder for what is made; dist/boards/NAME unless given. */
  folder?: string;
  /** Another program than that of boards/runtime: its name, and its C files. They may include what lies in the folder. */
  program?: { name: string; sources: readonly string[] };
  /** What the compiler is told besides, as "-O2"; objects do not remember it, so each needs a folder of its own. */
  flags?: readonly string[];
}

export interface BoardFirmware extends NamedBoard {
  /** Path of the ELF file, and of the wasm that is in it. */
  elf: string;
  wasm: string;
  sha256: string;
  memory: FirmwareMemory;
}

/** Station addresses that firmware has unless told otherwise: administered locally, the rest the IPv4 address. */
function stationFor(address: Uint8Array): Uint8Array {
  return Uint8Array.from([0x02, 0x00, ...address]);
}

/** Builds a board's firmware; rejects with InputError, and with the compiler's words when the C does not compile. */
export async function buildBoard(which: string | NamedBoard, options: BoardOptions = {}): Promise<BoardFirmware> {
  const named = typeof which === "string" ? await readBoard(which) : which;
  const { name } = named;
  const { address, prefix } = parsePrefix(options.address ?? "10.0.0.2/24");
  const folder = options.folder ?? boardFolder(name);
  mkdirSync(folder, { recursive: true });
  const wasm = options.wasm ?? (await compileModule(name));
  const bytes = readFileSync(wasm);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const layers = layerBytes(await WebAssembly.compile(bytes));
  const identity: Identity = { station: stationFor(address), address, prefix, sha256, layers };
  writeChanged(join(folder, "board.h"), boardHeader(named, identity));
  writeChanged(join(folder, "abi.h"), abiHeader());
  writeChanged(join(folder, "memory.ld"), memoryScript(named));
  await translate(wasm, folder);
  const flags = [...processorFlags(named), ...FLAGS, ...(options.flags ?? [])];
  const { name: program, sources } = options.program ?? { name: "firmware", sources: runtimeSources() };
  const objects = [];
  for (const source of [join(folder, "thimble.c"), ...sources]) {
    objects.push(await compile(source, folder, flags));
  }
  const elf = join(folder, `${program}.elf`);
  await link(objects, elf, folder, processorFlags(named));
  const memory = measureFirmware(named, readSections(readFileSync(elf)));
  return { ...named, elf, wasm, sha256, memory };
}

/** What compiler and linker are told of a board's processor. */
export function processorFlags({ board }: NamedBoard): string[] {
  return [`-mcpu=${board.processor}`, "-mthumb"];
}

/** A C file of boards/runtime, for programs that are made of some of them. */
export function runtimeSource(file: string): string {
  return join(RUNTIME, file);
}

/** The wasm of a board's profile, compiled when its sources are newer. Also what Node runs with `--profile NAME`. */
export async function compileModule(name: string): Promise<string> {
  const path: string = firmwarePath(name);
  const sources = [...MODULE_SOURCES, `boards/${name}/profile.ts`];
  const isOld = !existsSync(path) || stat(path) < Math.max(...sources.map((source) => newest(source)));
  if (!isOld) return path;
  try {
    await compileFirmware(name);
  } catch (error) {
    throw new InputError("ERR_BUILD", (error as Error).message);
  }
  return path;
}

function runtimeSources(): string[] {
  const files = readdirSync(RUNTIME).filter((file) => file.endsWith(".c"));
  return files.sort().map((file) => join(RUNTIME, file));
}

async function translate(wasm: string, folder: string): Promise<void> {
  const output = join(folder, "thimble.c");
  if (existsSync(output) && newer(output, [wasm, THIS_FILE])) return;
  const wasm2c = join(createRequire(import.meta.url).resolve("wabt"), "../bin/wasm2c");
  await runTool(process.execPath, [wasm2c, wasm, "-n", "thimble", "-o", output]);
  writeFileSync(output, withChecks(readFileSync(output, "utf8")));
}

/**
 * Has the module's accesses to memory made as boards/runtime/checks.h makes them: that is included in front of them, and each
 * call says where it leads as an address and a constant offset.
 */
function withChecks(text: string): string {
  const [before, after, ...more] = text.split(FIRST_ACCESS);
  if (after === undefined || more.length > 0) throw new Error("wasm2c has made something else than wabt 1.0.39 does.");
  const calls = after.replace(CALL, (_, name, base, offset = "0") => `${name}_at(${base}, ${offset}u`);
  return `${before}#include "checks.h"\n${FIRST_ACCESS}${calls}`;
}

async function compile(source: string, folder: string, flags: readonly string[]): Promise<string> {
  const isModule = source === join(folder, "thimble.c");
  const object = join(folder, `${source.slice(source.lastIndexOf("/") + 1, -2)}.o`);
  const headers = readdirSync(RUNTIME).filter((file) => file.endsWith(".h"));
  const inputs = isModule
    ? [source, join(RUNTIME, "wasm-rt.h"), join(RUNTIME, "checks.h"), join(RUNTIME, "bus.h"), join(folder, "board.h")]
    : [source, ...headers.map((file) => join(RUNTIME, file)), ...generatedHeaders(folder)];
  if (existsSync(object) && newer(object, [...inputs, THIS_FILE])) return object;
  const includes = [`-I${RUNTIME}`, `-I${folder}`];
  await runTool(GCC, [...flags, ...(isModule ? ["-w"] : OWN_FLAGS), ...includes, "-c", source, "-o", object]);
  return object;
}

function generatedHeaders(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".h") && file !== "thimble.h");
  return files.map((file) => join(folder, file));
}

async function link(objects: string[], elf: string, folder: string, processor: readonly string[]): Promise<void> {
  const script = [
    `-L${folder}`,
    `-T${join(RUNTIME, "firmware.ld")}`,
    "-Wl,--gc-sections",
    "-Wl,--no-warn-rwx-segments",
  ];
  await runTool(GCC, [...processor, "-nostartfiles", ...script, ...objects, "-o", elf]);
}

/** True when a file is newer than all of others. */
function newer(file: string, others: readonly string[]): boolean {
  const time = stat(file);
  return others.every((other) => stat(other) < time);
}

function stat(path: string): number {
  return statSync(path).mtimeMs;
}

// A file that stays as it was leaves what was compiled from it good.
function writeChanged(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}

function parsePrefix(text: string): { address: Uint8Array; prefix: number } {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.slice(0, 4).some((byte) => byte > 255) || (parts[4] ?? 33) > 32) {
    throw new InputError("ERR_ADDRESS", `"${text}" is no address for a board; write it as 10.0.0.2/24.`);
  }
  return { address: Uint8Array.from(parts.slice(0, 4)), prefix: parts[4] as number };
}

/** Runs a tool; rejects with what it said, or with how to get it. */
function runTool(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      const hint = `${command} is not there; on Debian: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi`;
      reject(error.code === "ENOENT" ? new InputError("ERR_TOOL", hint) : error);
    });
    child.on("close", (status) => {
      const text = Buffer.concat(output).toString().trimEnd();
      if (status === 0) resolve();
      else reject(new InputError("ERR_BUILD", overflow(text) ?? `${command} failed:\n${text}`));
    });
  });
}

/** What the linker says of memory that is too small, in our words; null when it says something else. */
function overflow(text: string): string | null {
  const [, region, bytes] = /region `(\w+)' overflowed by (\d+) bytes/.exec(text) ?? [];
  if (region === undefined) return null;
  const where = region === "RAM" ? "RAM" : "flash";
  return `The firmware does not fit: ${bytes} bytes more ${where} are needed. Make pools of the board's profile.ts smaller, or its linear memory.`;
}
