// Finds the core's wasm files where Node runs: beside the bundled host, or in dist/ of a checkout.

import { existsSync, readdirSync } from "node:fs";
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
  throw new InputError("ERR_PROFILE", missing(profile, debug));
}

function missing(profile: string, debug: boolean): string {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const others = files.map((file) => /^thimble-(.*)\.wasm$/.exec(file)?.[1]).filter((name) => name !== undefined);
  const there = others.length > 0 ? `; there are node, ${others.join(", ")}` : "";
  const name = `${profile}${debug ? " for debugging" : ""}`;
  return `No profile is called ${name}${there}. In a checkout, "npm run build -- ${profile}" makes that of boards/${profile}.`;
}

async function read(url: URL): Promise<BufferSource> {
  return url.protocol === "file:" ? new Uint8Array(await readFile(url)) : fetchBytes(url);
}
