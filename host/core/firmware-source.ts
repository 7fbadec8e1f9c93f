// The core as a program may hand it over, and its way to a compiled module.

import { InputError } from "../errors.ts";

/** What may be given as the core: bytes, a compiled module, or where the file is. */
export type FirmwareSource = Uint8Array | ArrayBuffer | WebAssembly.Module | URL;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Compiles what the caller has brought; `read` gets the bytes of a file that is named. Throws InputError ERR_WASM. */
export async function compileSource(
  source: FirmwareSource,
  read: (url: URL) => Promise<BufferSource>,
): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof URL) return compileFile(source, read);
  if (!(source instanceof Uint8Array || source instanceof ArrayBuffer)) {
    throw new InputError("ERR_WASM", "The core is given as bytes, as a WebAssembly.Module or as the URL of its file.");
  }
  return compile(source as BufferSource, "What was given as the core");
}

/** Compiles a file, once however often it is asked for. */
export function compileFile(url: URL, read: (url: URL) => Promise<BufferSource>): Promise<WebAssembly.Module> {
  const key = url.href;
  let module = compiled.get(key);
  if (module === undefined) {
    module = read(url).then((bytes) => compile(bytes, key));
    compiled.set(key, module);
    module.catch(() => compiled.delete(key));
  }
  return module;
}

/** The bytes at a URL that `fetch` knows. Throws InputError ERR_WASM. */
export async function fetchBytes(url: URL): Promise<ArrayBuffer> {
  const response = await fetch(url).catch((error: Error) => refuse(url, error.message));
  if (!response.ok) return refuse(url, `${response.status} ${response.statusText}`.trim());
  return response.arrayBuffer();
}

function refuse(url: URL, reason: string): never {
  throw new InputError("ERR_WASM", `The core cannot be had from ${url.href} (${reason}); "wasm" says where it is.`);
}

async function compile(bytes: BufferSource, what: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new InputError("ERR_WASM", `${what} is no WebAssembly module: ${(error as Error).message}`);
  }
}
