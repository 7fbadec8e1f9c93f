// Finds the core's wasm files where Node runs: beside the bundled host, or in dist/ of a checkout.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.ts";
import { compileFile, compileSource, type FirmwareSource, fetchBytes } from "./firmware-source.ts";

export type { FirmwareSource } from "./firmware-source.ts";

/** The compiled core of a profile; each file is compiled once. Throws InputError ERR_PROFILE when it is not built. */
export function loadFirmware(profile: string, debug: boolean): Promise<WebAssembly.Module> {
  return compileFile(findFirmware(profile, debug), read);
}

/** Compiles what the caller has brought. Throws InputError ERR_WASM. */
export function compileFirmware(source: FirmwareSource): Promise<WebAssembly.Module> {
  return compileSource(source, read);
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

async function read(url: URL): Promise<BufferSource> {
  return url.protocol === "file:" ? new Uint8Array(await readFile(url)) : fetchBytes(url);
}
