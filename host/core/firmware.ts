// Finds and compiles the core's wasm files: beside the bundled host, or in dist/ of a checkout.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.ts";

/** What may be given as the core: bytes, a compiled module, or where the file is. */
export type FirmwareSource = Uint8Array | WebAssembly.Module | URL;

const compiled = new Map<string, Promise<WebAssembly.Module>>();
/** What modules were compiled from: a module itself does not tell. */
const sources = new WeakMap<WebAssembly.Module, Uint8Array>();

/** The compiled core of a profile; each file is compiled once. Throws InputError ERR_PROFILE when it is not built. */
export function loadFirmware(profile: string, debug: boolean): Promise<WebAssembly.Module> {
  return compileFile(findFirmware(profile, debug));
}

/** Compiles what the caller has brought. */
export async function compileFirmware(source: FirmwareSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof URL) return compileFile(source);
  return compileBytes(source);
}

/** The bytes that a module was compiled from; undefined of one that was compiled elsewhere. */
export function bytesOf(module: WebAssembly.Module): Uint8Array | undefined {
  return sources.get(module);
}

function findFirmware(profile: string, debug: boolean): URL {
  const file = `thimble${profile === "node" ? "" : `-${profile}`}${debug ? "-debug" : ""}.wasm`;
  for (const folder of ["./", "../../dist/"]) {
    for (const path of [file, `boards/${profile}/thimble.wasm`]) {
      const url = new URL(folder + path, import.meta.url);
      if (existsSync(fileURLToPath(url))) return url;
    }
  }
  throw new InputError(
    "ERR_PROFILE",
    `${file} is not there; "npm run build -- ${profile}" makes it if boards/${profile} exists.`,
  );
}

function compileFile(url: URL): Promise<WebAssembly.Module> {
  const key = url.href;
  let module = compiled.get(key);
  if (module === undefined) {
    module = readFile(url).then(compileBytes);
    compiled.set(key, module);
    module.catch(() => compiled.delete(key));
  }
  return module;
}

async function compileBytes(bytes: Uint8Array): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(bytes as BufferSource);
  sources.set(module, bytes);
  return module;
}
