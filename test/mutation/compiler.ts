// The compiler, kept warm: compiles the core again and again in one process, with one source changed, from sources that
// are in memory. Without optimization that takes a quarter of a second.

import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve } from "node:path";
import asc from "assemblyscript/asc";
import { profileOptions, ROOT, readProfile } from "../../host/build/firmware.mjs";

/** A source as it shall be compiled. */
export interface Change {
  file: string;
  text: string;
}

/** `checked`: not optimized, with assertions, which makes it quick to build. `shipped`: as it is released. */
export type Build = "checked" | "shipped";

/** The core does not compile; the message is the compiler's. */
export class Refused extends Error {}

const PAGE = 65536;
const OUTPUT = "core.wasm";

export class Compiler {
  /** `sources`: texts by their paths from the top of the project. */
  constructor(readonly sources: ReadonlyMap<string, string>) {}

  /** The core of a profile with a change, or without. Rejects with Refused when it does not compile. */
  async compile(profile: string, build: Build, change: Change | null): Promise<Uint8Array> {
    const sizes = await readProfile(profile);
    const roomy = (Math.ceil(sizes.LINEAR_BYTES / PAGE) + 1) * PAGE;
    const options = build === "checked" ? checkedOptions(profile, roomy) : shippedOptions(profile, sizes);
    // The sentences of assertions are static data, for which a profile has no room of its own.
    const profileFile = join("boards", profile, "profile.ts");
    const widen = (text: string): string => text.replace(/(LINEAR_BYTES[^=]*)=.*;/, `$1= ${roomy};`);

    return this.#run(options, (path) => {
      if (path === change?.file) return change.text;
      const text = this.sources.get(path) ?? null;
      return path === profileFile && build === "checked" && text !== null ? widen(text) : text;
    });
  }

  async #run(options: string[], read: (path: string) => string | null): Promise<Uint8Array> {
    let wasm: Uint8Array | undefined;
    const messages = asc.createMemoryStream();
    // asc keeps libraries, of which the profile is one, from one run to the next.
    delete (asc.libraryFiles as Record<string, string>).profile;
    const { error } = await asc.main(["--outFile", OUTPUT, "--baseDir", ROOT, ...options], {
      stdout: messages,
      stderr: messages,
      readFile: (name, folder) => read(pathFromTop(folder, name)),
      listFiles: (folder) => this.#listFiles(pathFromTop(folder, ".")),
      writeFile: (name, contents) => {
        if (name === OUTPUT) wasm = contents as Uint8Array;
      },
    });
    if (error || !wasm) throw new Refused(`${messages.toString()}${error?.message ?? ""}`);
    return wasm;
  }

  #listFiles(folder: string): string[] {
    const paths = [...this.sources.keys()].filter((path) => dirname(path) === folder);
    return paths.map((path) => basename(path));
  }
}

/** Two builds are the same when their digests are. */
export function digest(wasm: Uint8Array): string {
  return createHash("sha256").update(wasm).digest("hex");
}

function checkedOptions(profile: string, linearBytes: number): string[] {
  const pages = String(Math.ceil(linearBytes / PAGE));
  const target = ["--target", "debug", "--optimizeLevel", "0", "--shrinkLevel", "0", "--lib", `boards/${profile}`];
  // Without it the file would hold megabytes of zeros.
  const packing = ["--runPasses", "memory-packing"];
  return [...target, ...packing, "--initialMemory", pages, "--maximumMemory", pages];
}

function shippedOptions(profile: string, sizes: { LINEAR_BYTES: number; SHRINK: number }): string[] {
  return ["--target", "release", ...profileOptions(profile, sizes)];
}

// asc names a file by a folder, that of the project or of a library, and a path in it.
function pathFromTop(folder: string, name: string): string {
  return relative(ROOT, resolve(ROOT, folder, name));
}
