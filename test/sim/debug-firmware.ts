// The debug build of any profile: it traps where an assertion fails. The project's build makes only that of `node`.

import { mkdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { DIST, profileOptions, ROOT, readProfile, runAsc } from "../../host/build/firmware.mjs";
import { compileFirmware, loadFirmware } from "../../host/core/firmware.ts";

/** The sentences of assertions are static data, for which a profile below one page of memory has no room. */
const PAGE = 65536;

/** `profile` with assertions, compiled in a page of memory at least. Rejects with the compiler's message. */
export async function debugFirmware(profile: string): Promise<WebAssembly.Module> {
  if (profile === "node") return loadFirmware(profile, true);
  mkdirSync(DIST, { recursive: true });
  const folder = await mkdtemp(join(DIST, "debug-"));
  try {
    const sizes = await readProfile(profile);
    const linearBytes = Math.max(sizes.LINEAR_BYTES, PAGE);
    const constants = await readFile(join(ROOT, "boards", profile, "profile.ts"), "utf8");
    const roomy = constants.replace(/(LINEAR_BYTES[^=]*)=.*;/, `$1= ${linearBytes};`);
    await writeFile(join(folder, "profile.ts"), roomy);
    const path = join(folder, "debug.wasm");
    const library = relative(ROOT, folder);
    const options = profileOptions(profile, { ...sizes, LINEAR_BYTES: linearBytes }).map((word) =>
      word === `boards/${profile}` ? library : word,
    );
    await runAsc(["--target", "debug", "--outFile", relative(ROOT, path), ...options], ROOT);
    return await compileFirmware(pathToFileURL(path));
  } finally {
    await rm(folder, { recursive: true });
  }
}
